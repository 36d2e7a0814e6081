#include "os/interrupt.h"

#include <signal.h>

static volatile sig_atomic_t asked; /* 0, 1 or 2: more than one */
static volatile sig_atomic_t heard;

void interrupt_ask(void)
{
    asked = asked == 0 ? 1 : 2;
}

bool interrupt_asked(void)
{
    return asked > 1 || asked > heard;
}

bool interrupt_insisted(void)
{
    return asked > 1;
}

void interrupt_hear(void)
{
    heard = 1;
}

void interrupt_forget(void)
{
    asked = heard = 0;
}
