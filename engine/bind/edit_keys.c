/*
 * Keys and signals.  libedit's own signal handling would send SIGINT on to the
 * whole process group, so signals are ours: blocked but while we wait for a
 * key.
 */
#include "bind/edit.h"

#include <errno.h>
#include <sys/select.h>
#include <unistd.h>

/* One bit per signal that came; a handler has nowhere else to put it. */
static volatile sig_atomic_t caught;

static const int signals[] = {SIGINT, SIGWINCH, SIGTSTP, SIGTERM, SIGHUP};

#define NSIGNALS (sizeof(signals) / sizeof(signals[0]))

static void remember_signal(int sig)
{
    caught |= 1 << sig;
}

/* Lets a signal do what it does by default, with the terminal as it was. */
static void act_by_default(struct editor *ed, int sig)
{
    const struct sigaction ours = {.sa_handler = remember_signal};
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t one;

    el_set(ed->el, EL_PREP_TERM, 0);
    sigaction(sig, &usual, NULL);
    raise(sig);
    sigemptyset(&one);
    sigaddset(&one, sig);
    sigprocmask(SIG_UNBLOCK, &one, NULL); /* stops or ends here */
    sigprocmask(SIG_BLOCK, &one, NULL);
    sigaction(sig, &ours, NULL);
    el_set(ed->el, EL_PREP_TERM, 1);
    el_set(ed->el, EL_REFRESH);
}

/* False when the line is to be dropped. */
static bool handle_signals(struct editor *ed)
{
    sig_atomic_t pending = caught;

    caught = 0;
    if (pending & 1 << SIGINT) {
        ed->interrupted = true;
        return false;
    }
    if (pending & 1 << SIGWINCH)
        el_resize(ed->el);
    for (size_t i = 2; i < NSIGNALS; i++)
        if (pending & 1 << signals[i])
            act_by_default(ed, signals[i]);
    return true;
}

/* Lets signals in that came while a key was waiting too: pselect then leaves
 * them pending. */
static void let_signals_in(const struct editor *ed)
{
    sigset_t blocked;

    sigprocmask(SIG_SETMASK, &ed->waiting, &blocked);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

/* One byte; 0 at the end of input, -1 when the line is to be dropped. */
static int next_byte(struct editor *ed, char *byte)
{
    for (;;) {
        fd_set in;
        int n;

        FD_ZERO(&in);
        FD_SET(STDIN_FILENO, &in);
        n = pselect(STDIN_FILENO + 1, &in, NULL, NULL, NULL, &ed->waiting);
        let_signals_in(ed);
        if (caught && !handle_signals(ed))
            return -1;
        if (n > 0)
            return (int)read(STDIN_FILENO, byte, 1);
        if (n < 0 && errno != EINTR)
            return -1;
    }
}

int edit_char(EditLine *el, wchar_t *c)
{
    struct editor *ed;
    mbstate_t state = {0};
    char byte;

    el_get(el, EL_CLIENTDATA, &ed);
    for (;;) {
        int n = next_byte(ed, &byte);
        size_t used;

        if (n <= 0)
            return n;
        used = mbrtowc(c, &byte, 1, &state);
        if (used == (size_t)-2)
            continue;
        if (used == (size_t)-1)
            *c = L'?';
        return 1;
    }
}

const char *edit_getline(struct editor *ed, int *n)
{
    const struct sigaction ours = {.sa_handler = remember_signal};
    struct sigaction before[NSIGNALS];
    sigset_t blocked;
    const char *text;

    sigemptyset(&blocked);
    for (size_t i = 0; i < NSIGNALS; i++)
        sigaddset(&blocked, signals[i]);
    sigprocmask(SIG_BLOCK, &blocked, &ed->waiting);
    caught = 0;
    ed->interrupted = false;
    for (size_t i = 0; i < NSIGNALS; i++)
        sigaction(signals[i], &ours, &before[i]);
    /* libedit itself would do so only after it showed the prompt, and a key
     * typed in between would not be ours. */
    el_set(ed->el, EL_PREP_TERM, 1);
    text = el_gets(ed->el, n);
    for (size_t i = 0; i < NSIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
    sigprocmask(SIG_SETMASK, &ed->waiting, NULL);
    return text;
}
