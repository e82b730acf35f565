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

/* Checks that need a feature to be accepted, or not to be. */
struct part {
    const struct judge_entry *entry;
    const size_t *count;
    uint64_t with, without;
};

#define BIT(feature) (UINT64_C(1) << (feature))
#define PACKED BIT(VIRTIO_F_RING_PACKED)
#define IN_ORDER BIT(VIRTIO_F_IN_ORDER)
#define DATA BIT(VIRTIO_F_NOTIFICATION_DATA)
#define RESET BIT(VIRTIO_F_RING_RESET)
#define FORM (PACKED | IN_ORDER | DATA | RESET)

static const struct part parts[] = {
    {judge_init_entries, &judge_init_count, 0, 0},
    {judge_config_entries, &judge_config_count, 0, 0},
    {judge_mmio_entries, &judge_mmio_count, 0, 0},
    {judge_queue_entries, &judge_queue_count, RESET, 0},
    {judge_ring_entries, &judge_ring_count, 0, 0},
    {judge_split_entries, &judge_split_count, 0, PACKED},
    {judge_split_order_entries, &judge_split_order_count, IN_ORDER, PACKED},
    {judge_packed_entries, &judge_packed_count, PACKED, 0},
    {judge_notify_split_entries, &judge_notify_split_count, 0, PACKED},
    {judge_notify_packed_entries, &judge_notify_packed_count, PACKED, 0},
    {judge_notify_data_entries, &judge_notify_data_count, DATA, 0},
    {judge_memory_entries, &judge_memory_count, 0, 0},
    {judge_lent_split_entries, &judge_lent_split_count, 0, PACKED},
    {judge_lent_packed_entries, &judge_lent_packed_count, PACKED, 0},
    {judge_blk_entries, &judge_blk_count, 0, 0},
    {judge_snd_entries, &judge_snd_count, 0, 0},
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* The part that has entry k, which it turns into one of that part; NULL past
 * the end. */
static const struct part *part_of(size_t *k)
{
    for (size_t p = 0; p < PARTS; *k -= *parts[p].count, p++)
        if (*k < *parts[p].count)
            return &parts[p];
    return NULL;
}

static const struct judge_entry *entry_at(size_t k)
{
    const struct part *part = part_of(&k);

    return part ? &part->entry[k] : NULL;
}

static bool is_checked(size_t k, uint64_t form)
{
    const struct part *part = part_of(&k);

    return (part->with & ~form) == 0 && (part->without & form) == 0;
}

const char *fake_judge_clause(size_t k)
{
    const struct judge_entry *entry = entry_at(k);

    return entry ? entry->clause : NULL;
}

static size_t count_kinds(const struct fake_judge *j)
{
    size_t n = 0;

    for (size_t k = 0; k < j->entry_count; k++)
        for (unsigned kind = 0; kind < FAKE_EV_COUNT; kind++)
            n += j->entry[k]->kinds >> kind & 1;
    return n;
}

/* Events come in by the million: each kind gets the list of its checks, those
 * only that apply to what the driver has accepted. */
static void index_entries(struct fake_judge *j)
{
    size_t at = 0;

    for (unsigned kind = 0; kind < FAKE_EV_COUNT; kind++) {
        j->from[kind] = (uint16_t)at;
        for (size_t k = 0; k < j->entry_count; k++)
            if (j->entry[k]->kinds >> kind & 1 && is_checked(k, j->form))
                j->run[at++] = (struct judge_run){j->entry[k]->check, k};
    }
    j->from[FAKE_EV_COUNT] = (uint16_t)at;
}

static int make_index(struct fake_judge *j)
{
    for (size_t k = 0; k < j->entry_count; k++)
        j->entry[k] = entry_at(k);
    j->run = calloc(count_kinds(j), sizeof(*j->run));
    if (!j->run)
        return -1;
    index_entries(j);
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
        !j->violation_of || !j->entry || make_index(j)) {
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

    if (j->view.presence != VIEW_THERE && view_is_astray(&j->view, e))
        return;
    j->number = number;
    j->t_ns = e->t_ns;
    for (unsigned k = j->from[e->kind]; k < j->from[e->kind + 1]; k++) {
        j->current = j->run[k].entry;
        j->run[k].check(j, e);
    }
    view_add(&j->view, number, e);
    if ((j->view.accepted & FORM) == j->form)
        return;
    j->form = j->view.accepted & FORM;
    index_entries(j);
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

void judge_breaks_contract(struct fake_judge *j)
{
    j->violation[j->violation_of[j->current] - 1].contract = true;
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
