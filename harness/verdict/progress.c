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
#define GUESS_MS 1000 /* before that, nobody wonders how long it takes */
#define BAR_WIDTH 20

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
    p->start_ms = p->last_ms = rig_now_ms();
}

static size_t bad_count(const struct rig_report *r)
{
    return r->done - r->tally[RIG_PASS] - r->tally[RIG_SKIP] -
           r->tally[RIG_WARN];
}

static void draw_bar(const struct rig_report *r, char bar[BAR_WIDTH + 1])
{
    size_t full = r->count ? r->done * BAR_WIDTH / r->count : 0;

    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', full);
    bar[BAR_WIDTH] = '\0';
}

/* Of what is left, judging by what is done; silent until that means much. */
static void time_left(const struct rig_report *r, uint64_t elapsed_ms, char *to,
                      size_t room)
{
    uint64_t seconds;

    *to = '\0';
    if (elapsed_ms < GUESS_MS || r->done == 0)
        return;
    seconds = elapsed_ms * (r->count - r->done) / r->done / 1000;
    snprintf(to, room, ", %llu:%02llu left", (unsigned long long)seconds / 60,
             (unsigned long long)seconds % 60);
}

void rig_progress_line(const struct rig_report *r, const char *id,
                       uint64_t elapsed_ms, unsigned width, char *to,
                       size_t room)
{
    char bar[BAR_WIDTH + 1], left[32];

    draw_bar(r, bar);
    time_left(r, elapsed_ms, left, sizeof(left));
    if (room > width + 1)
        room = width + 1;
    snprintf(to, room, "[%s] %zu of %zu cases, %zu failed%s  %.200s", bar, r->done,
             r->count, bad_count(r), left, id);
}

static void tell_terminal(const struct rig_progress *p, size_t k, uint64_t now)
{
    char id[RIG_CASE_ID_ROOM], line[512];

    rig_report_case_id(&p->report->list[k], id, sizeof(id));
    rig_progress_line(p->report, id, now - p->start_ms, p->width - 1, line,
                      sizeof(line));
    fprintf(stderr, "\r\033[K%s", line);
}

void rig_progress_step(struct rig_progress *p, size_t k)
{
    const struct rig_report *r = p->report;
    uint64_t now = rig_now_ms();

    if (now - p->last_ms < (p->terminal ? TERMINAL_MS : ELSEWHERE_MS))
        return;
    p->last_ms = now;
    if (p->terminal)
        tell_terminal(p, k, now);
    else
        fprintf(stderr, "ringtrue: %zu of %zu cases, %zu failed\n", r->done,
                r->count, bad_count(r));
}

void rig_progress_end(struct rig_progress *p)
{
    if (p->terminal)
        fputs("\r\033[K", stderr);
}
