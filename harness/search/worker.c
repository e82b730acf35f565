/* SPDX-License-Identifier: MIT
 *
 * worker.c: one process of a crew: seed after seed; what fails is made small
 * and written down.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capsule.h"
#include "child.h"
#include "crew_parts.h"
#include "isolate.h"
#include "shrink.h"
#include "warm.h"

#define PIECE 64u       /* seeds between two lines in the ledger */
#define KIND_CAPSULES 2 /* of one kind are made small; the rest is counted */
#define REPORT_ROOM 4096

struct worker {
    const struct rig_search *search;
    struct rig_shared *shared;
    struct rig_slot *slot;
    uint64_t first, count; /* of the shard */
};

static uint64_t seed_of(const struct worker *w, uint64_t number)
{
    return w->first + number * w->search->shards;
}

/* The worker cannot go on; the parent says why. */
__attribute__((format(printf, 2, 3))) _Noreturn static void
give_up(struct worker *w, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(w->slot->error, sizeof(w->slot->error), format, ap);
    va_end(ap);
    atomic_store(&w->shared->stop, 1);
    atomic_store(&w->slot->phase, RIG_PHASE_OVER);
    _exit(0);
}

static void append(struct worker *w, json_t *line)
{
    if (rig_ledger_append(w->search->ledger, line))
        give_up(w, "cannot write the results: %s", strerror(errno));
}

/* ---- a failure ---- */

/* How often this worker has seen its like before. */
static unsigned times_seen(struct rig_slot *slot, const struct rig_finding *f)
{
    for (unsigned k = 0; k < slot->kinds; k++)
        if (rig_finding_same(&slot->kind[k].like, f))
            return slot->kind[k].times++;
    if (slot->kinds < RIG_KINDS_MAX) {
        slot->kind[slot->kinds].like = *f;
        slot->kind[slot->kinds++].times = 1;
    }
    return 0;
}

static json_t *failure_line(uint64_t seed, const struct rig_finding *f,
                            const struct rig_trial *trial)
{
    json_t *line =
        json_pack("{s:s, s:I}", "type", "failure", "seed", (json_int_t)seed);
    json_t *finding = rig_finding_to_json(f);
    json_t *faults = json_object_get(trial->device, "faults");

    json_object_update(line, finding);
    json_decref(finding);
    json_object_set_new(
        line, "steps", json_integer((json_int_t)json_array_size(trial->steps)));
    json_object_set_new(line, "faults",
                        json_integer((json_int_t)json_array_size(faults)));
    return line;
}

/* The small one once more, for its events. Then it is all written. */
static void write_capsule(struct worker *w, struct rig_capsule *c,
                          struct rig_finding *f, const char *path)
{
    struct rig_stage stage = w->search->stage;
    char err[512];

    stage.log_room = (size_t)1 << 20;
    stage.events = c->events = tmpfile();
    if (!c->events)
        give_up(w, "no room for an event log: %s", strerror(errno));
    if (c->alone)
        rig_play_isolated(&stage, c->trial, w->search->deadline_ms, f);
    if (mkdir(w->search->capsules, 0777) && errno != EEXIST)
        give_up(w, "cannot make '%s': %s", w->search->capsules,
                strerror(errno));
    if (rig_capsule_write(c, path, err, sizeof(err)))
        give_up(w, "cannot write a capsule: %.90s", err);
    fclose(c->events);
}

static void make_small(struct worker *w, uint64_t seed, struct rig_trial *trial,
                       struct rig_finding *f)
{
    struct rig_shrink shrink = {.stage = &w->search->stage,
                                .deadline_ms = w->search->deadline_ms,
                                .tries_max = w->search->shrink_tries,
                                .stop = &w->shared->stop};
    struct rig_capsule capsule = {.seed = seed,
                                  .build = w->search->build,
                                  .subject = w->search->subject,
                                  .trial = trial,
                                  .finding = f};
    char path[REPORT_ROOM];
    json_t *line;

    /* A deadline is waited for in each try. */
    if (f->verdict == RIG_HUNG)
        shrink.tries_max = shrink.tries_max / 16 + 1;
    capsule.alone = rig_shrink(&shrink, trial, f);
    capsule.tries = shrink.tries;
    snprintf(path, sizeof(path), "%s/capsule-%llu.json", w->search->capsules,
             (unsigned long long)seed);
    write_capsule(w, &capsule, f, path);
    line = failure_line(seed, f, trial);
    json_object_set_new(line, "alone", json_boolean(capsule.alone));
    json_object_set_new(line, "tries", json_integer(shrink.tries));
    json_object_set_new(line, "capsule", json_string(path));
    append(w, line);
}

static void report(struct worker *w, uint64_t seed, struct rig_trial *trial,
                   struct rig_finding *f)
{
    if (w->search->capsules && times_seen(w->slot, f) < KIND_CAPSULES)
        make_small(w, seed, trial, f);
    else
        append(w, failure_line(seed, f, trial));
}

/* ---- a seed ---- */

/* What fails ends the worker: whoever makes it small begins with a subject
 * that has done nothing before, as whoever replays it does. */
static void play_seed(struct rig_slot *slot, const struct rig_stage *stage,
                      const struct rig_trial *trial)
{
    atomic_store(&slot->since_ms, rig_now_ms());
    atomic_store(&slot->phase, RIG_PHASE_PLAY);
    rig_play(stage, trial, &slot->finding);
    if (slot->finding.verdict != RIG_PASS) {
        slot->failed = true;
        atomic_store(&slot->phase, RIG_PHASE_FAILED);
        _exit(0);
    }
    atomic_store(&slot->phase, RIG_PHASE_REPORT);
}

static void one_seed(struct worker *w, uint64_t seed)
{
    struct rig_slot *slot = w->slot;
    struct rig_trial trial;

    if (rig_generate(&w->search->menu, seed, &trial))
        give_up(w, "out of memory");
    if (!slot->failed)
        play_seed(slot, &w->search->stage, &trial);
    rig_tally_add(&slot->tally, &slot->finding);
    if (slot->failed)
        report(w, seed, &trial, &slot->finding);
    rig_trial_free(&trial);
    slot->failed = false;
    slot->at++;
}

/* ---- a piece ---- */

static bool take_piece(struct worker *w)
{
    struct rig_slot *slot = w->slot;
    uint64_t at;

    if (atomic_load(&w->shared->stop))
        return false;
    at = atomic_fetch_add(&w->shared->next, PIECE);
    if (at >= w->count)
        return false;
    slot->from = slot->at = at;
    slot->to = at + PIECE < w->count ? at + PIECE : w->count;
    memset(&slot->tally, 0, sizeof(slot->tally));
    return true;
}

static void end_piece(struct worker *w)
{
    struct rig_slot *slot = w->slot;
    json_t *line;

    if (slot->at == slot->from)
        return;
    line = json_pack("{s:s, s:I, s:I, s:I}", "type", "seeds", "from",
                     (json_int_t)seed_of(w, slot->from), "count",
                     (json_int_t)(slot->at - slot->from), "step",
                     (json_int_t)w->search->shards);
    rig_tally_to_json(&slot->tally, line);
    append(w, line);
    rig_tally_join(&slot->total, &slot->tally);
    /* What the subject has printed and lived on is of no use to anybody. */
    if (ftruncate(STDOUT_FILENO, 0) == 0)
        (void)lseek(STDOUT_FILENO, 0, SEEK_SET);
    slot->from = slot->to = slot->at;
}

_Noreturn void rig_worker_run(const struct rig_search *search,
                              struct rig_shared *shared, struct rig_slot *slot)
{
    struct worker *w = calloc(1, sizeof(*w));

    if (!w)
        _exit(1);
    rig_warm_up();
    w->search = search;
    w->shared = shared;
    w->slot = slot;
    w->count = rig_search_count(search, &w->first);
    while (slot->at < slot->to || take_piece(w)) {
        while (slot->at < slot->to &&
               (slot->failed || !atomic_load(&shared->stop)))
            one_seed(w, seed_of(w, slot->at));
        end_piece(w);
    }
    atomic_store(&slot->phase, RIG_PHASE_OVER);
    _exit(0);
}
