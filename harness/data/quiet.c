/* SPDX-License-Identifier: MIT
 *
 * quiet.c: see quiet.h. A process has one descriptor 2, so this has one state.
 */
#include "quiet.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

static unsigned depth;
static _Atomic(FILE *) ours; /* what 2 was, once it was needed; it stays */

/* Of a sanitizer, if there is one: what it finds is no library's chatter. */
__attribute__((weak)) void __sanitizer_set_report_fd(void *fd);

static FILE *keep(void)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (!f) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    setvbuf(f, NULL, _IONBF, 0);
    if (__sanitizer_set_report_fd)
        __sanitizer_set_report_fd((void *)(intptr_t)fd);
    return f;
}

void rig_quiet_begin(void)
{
    int null;

    if (depth++)
        return;
    if (!ours)
        ours = keep();
    null = ours ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (null < 0)
        return;
    fflush(stderr);
    dup2(null, STDERR_FILENO);
    close(null);
}

void rig_quiet_end(void)
{
    if (--depth || !ours)
        return;
    fflush(stderr);
    dup2(fileno(ours), STDERR_FILENO);
}

FILE *rig_err(void)
{
    FILE *f = ours;

    return f ? f : stderr;
}
