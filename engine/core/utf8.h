/*
 * utf8.h - which bytes are UTF-8.
 */
#ifndef ENGINE_CORE_UTF8_H
#define ENGINE_CORE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Offset of the first byte that no store takes, because it is NUL or not
 * UTF-8, or len when there is none.  Overlong forms, surrogates and code
 * points past U+10FFFF are not UTF-8. */
size_t utf8_check(const char *text, size_t len);

/* The length of the character at text (len bytes, at least 1) and its code
 * point, or 0 when it is one that utf8_check() stops at. */
size_t utf8_decode(const char *text, size_t len, uint32_t *code);

/* Offset of the next byte after at that does not continue a character. */
size_t utf8_next(const char *text, size_t len, size_t at);

/* The length of a text that was cut at len bytes, without the character of
 * which the cut left only a part. */
size_t utf8_trim(const char *text, size_t len);

#endif
