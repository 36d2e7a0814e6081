/*
 * clock.h - time that only goes forward, for waiting and for limits.
 */
#ifndef ENGINE_OS_CLOCK_H
#define ENGINE_OS_CLOCK_H

#include <stdint.h>

/* Since some moment in the past, the same one for all three. */
int64_t clock_us(void);
int64_t clock_ms(void);
double clock_s(void);

#endif
