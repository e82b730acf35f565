/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "child.h"

#define TERMINAL_MS 50 /* faster than the eye is only slower */
#define ELSEWHERE_MS 10000

static bool is_terminal(int fd)
{
    const char *term = getenv("TERM");

    return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

bool rig_colour_wanted(int fd)
{
    const char *no = getenv("NO_COLOR");

    return !(no && *no) && is_terminal(fd);
}

static unsigned columns(int fd)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col;
    return 80;
}

void rig_progress_begin(struct rig_progress *p, const struct rig_report *r)
{
    p->report = r;
    p->terminal = is_terminal(STDERR_FILENO);
    p->width = columns(STDERR_FILENO);
    p->last_ms = rig_now_ms();
}

static size_t bad_count(const struct rig_report *r)
{
    return r->done - r->tally[RIG_PASS] - r->tally[RIG_SKIP] -
           r->tally[RIG_WARN];
}

void rig_progress_step(struct rig_progress *p, const char *id)
{
    const struct rig_report *r = p->report;
    uint64_t now = rig_now_ms();
    char line[256];

    if (now - p->last_ms < (p->terminal ? TERMINAL_MS : ELSEWHERE_MS))
        return;
    p->last_ms = now;
    snprintf(line, sizeof(line), "%zu of %zu cases, %zu failed%s%.120s",
             r->done, r->count, bad_count(r), p->terminal ? "  " : "",
             p->terminal ? id : "");
    if (p->terminal)
        fprintf(stderr, "\r\033[K%.*s", (int)p->width - 1, line);
    else
        fprintf(stderr, "ringtrue: %s\n", line);
}

void rig_progress_end(struct rig_progress *p)
{
    if (p->terminal)
        fputs("\r\033[K", stderr);
}
