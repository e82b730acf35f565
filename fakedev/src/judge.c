/* SPDX-License-Identifier: MIT
 *
 * judge.c: runs each event past the checks that look at its kind, and keeps
 * what they found.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge_internal.h"

struct part {
    const struct judge_entry *entry;
    const size_t *count;
};

static const struct part parts[] = {
    {judge_init_entries, &judge_init_count},
    {judge_config_entries, &judge_config_count},
    {judge_mmio_entries, &judge_mmio_count},
    {judge_ring_entries, &judge_ring_count},
    {judge_notify_entries, &judge_notify_count},
    {judge_memory_entries, &judge_memory_count},
    {judge_blk_entries, &judge_blk_count},
    {judge_snd_entries, &judge_snd_count},
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static const struct judge_entry *entry_at(size_t k)
{
    for (size_t p = 0; p < PARTS; k -= *parts[p].count, p++)
        if (k < *parts[p].count)
            return &parts[p].entry[k];
    return NULL;
}

const char *fake_judge_clause(size_t k)
{
    const struct judge_entry *entry = entry_at(k);

    return entry ? entry->clause : NULL;
}

/* Events come in by the million: each kind gets the list of its checks. */
static int index_entries(struct fake_judge *j)
{
    size_t n = 0, at = 0;

    for (size_t k = 0; k < j->entry_count; k++) {
        j->entry[k] = entry_at(k);
        for (unsigned kind = 0; kind < FAKE_EV_COUNT; kind++)
            n += j->entry[k]->kinds >> kind & 1;
    }
    j->run = calloc(n, sizeof(*j->run));
    if (!j->run)
        return -1;
    for (unsigned kind = 0; kind < FAKE_EV_COUNT; kind++) {
        j->from[kind] = (uint16_t)at;
        for (size_t k = 0; k < j->entry_count; k++)
            if (j->entry[k]->kinds >> kind & 1)
                j->run[at++] = (struct judge_run){j->entry[k]->check, k};
    }
    j->from[FAKE_EV_COUNT] = (uint16_t)at;
    return 0;
}

struct fake_judge *fake_judge_new(const struct fake_judge_about *about)
{
    struct fake_judge *j = calloc(1, sizeof(*j));
    size_t n = 0;

    if (!j)
        return NULL;
    while (entry_at(n))
        n++;
    j->about = *about;
    j->entry_count = n;
    j->entry = calloc(n, sizeof(*j->entry));
    j->applied = calloc(n, sizeof(*j->applied));
    j->violation = calloc(n, sizeof(*j->violation));
    j->violation_of = calloc(n, sizeof(*j->violation_of));
    if (view_init(&j->view, about) || !j->applied || !j->violation ||
        !j->violation_of || !j->entry || index_entries(j)) {
        fake_judge_free(j);
        return NULL;
    }
    return j;
}

void fake_judge_free(struct fake_judge *j)
{
    if (!j)
        return;
    view_free(&j->view);
    free(j->run);
    free(j->entry);
    free(j->applied);
    free(j->violation);
    free(j->violation_of);
    free(j);
}

void fake_judge_see(void *judge, uint64_t number, const struct fake_event *e)
{
    struct fake_judge *j = judge;

    j->number = number;
    j->t_ns = e->t_ns;
    for (unsigned k = j->from[e->kind]; k < j->from[e->kind + 1]; k++) {
        j->current = j->run[k].entry;
        j->run[k].check(j, e);
    }
    view_add(&j->view, number, e);
}

void judge_applies(struct fake_judge *j)
{
    j->applied[j->current]++;
}

void judge_broken(struct fake_judge *j, const char *expected, const char *seen,
                  ...)
{
    size_t *of = &j->violation_of[j->current];
    struct fake_violation *v;
    va_list ap;

    judge_applies(j);
    if (*of) {
        j->violation[*of - 1].times++;
        return;
    }
    v = &j->violation[j->violation_count++];
    *of = j->violation_count;
    v->clause = j->entry[j->current]->clause;
    v->event = j->number;
    v->t_ns = j->t_ns;
    v->times = 1;
    snprintf(v->expected, sizeof(v->expected), "%s", expected);
    va_start(ap, seen);
    vsnprintf(v->seen, sizeof(v->seen), seen, ap);
    va_end(ap);
}

size_t fake_judge_violations(const struct fake_judge *j,
                             const struct fake_violation **list)
{
    *list = j->violation;
    return j->violation_count;
}

uint64_t fake_judge_applied(const struct fake_judge *j, const char *id)
{
    for (size_t k = 0; k < j->entry_count; k++)
        if (strcmp(j->entry[k]->clause, id) == 0)
            return j->applied[k];
    return 0;
}
