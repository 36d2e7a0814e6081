/*
 * sha256.h - FIPS 180-4, in one go.
 */
#ifndef ENGINE_OS_SHA256_H
#define ENGINE_OS_SHA256_H

#include <stddef.h>

#define SHA256_HEX 64

/* Writes the digest of n bytes as lower-case hex and a NUL. */
void sha256_hex(const void *bytes, size_t n, char out[SHA256_HEX + 1]);

#endif
