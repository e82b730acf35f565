/* SPDX-License-Identifier: MIT
 *
 * rig.c: drives the subject. See rig.h.
 */
#include "rig.h"

#include <stdarg.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "device_json.h"
#include "instrument.h"
#include "probe.h"
#include "raw.h"
#include "ringtrue/wire.h"
#include "voice.h"

#define STEP_TIMEOUT_NS UINT64_C(1000000000)
#define THREADS_TIMEOUT_NS UINT64_C(1000000000)
#define POLL_PAUSE_NS 20000u /* of a driver without interrupts */
#define DONE_ROOM 64u
#define ENTRIES_USUAL 64u /* any subject's own choice is at least that */

void rig_emit(struct rig *rig, enum fake_event_kind kind, uint64_t a,
              uint64_t b, uint64_t c, uint64_t d)
{
    fake_emit(&rig->machine->log, kind, FAKE_NO_QUEUE, a, b, c, d);
}

/* The subject broke the contract of dut.h; the first time counts. */
__attribute__((format(printf, 2, 3))) static void
complain(struct rig *rig, const char *text, ...)
{
    va_list ap;

    if (rig->complaint[0])
        return;
    va_start(ap, text);
    vsnprintf(rig->complaint, sizeof(rig->complaint), text, ap);
    va_end(ap);
}

/* ---- the port ---- */

static uint32_t port_reg_read(void *ctx, uint32_t offset, uint32_t width)
{
    struct rig *rig = ctx;
    uint32_t value = fake_machine_read(rig->machine, offset, width);

    if (offset == VIRTIO_MMIO_STATUS && rig->reset != RIG_RESET_NONE)
        rig->reset = value ? RIG_RESET_UNANSWERED : RIG_RESET_NONE;
    return value;
}

static void port_reg_write(void *ctx, uint32_t offset, uint32_t width,
                           uint32_t value)
{
    struct rig *rig = ctx;

    fake_machine_write(rig->machine, offset, width, value);
    if (offset == VIRTIO_MMIO_STATUS)
        rig->reset = value ? RIG_RESET_NONE : RIG_RESET_ASKED;
    rig_settled_note(&rig->settled, &rig->machine->regs, offset, value);
}

static void *port_dma_alloc(void *ctx, size_t bytes, size_t align,
                            uint64_t *dma)
{
    struct rig *rig = ctx;

    return fake_arena_dma_alloc(&rig->machine->arena, bytes, align, dma);
}

static void port_dma_free(void *ctx, void *cpu, size_t bytes, uint64_t dma)
{
    struct rig *rig = ctx;

    fake_arena_dma_free(&rig->machine->arena, cpu, bytes, dma);
}

static uint64_t port_share(void *ctx, void *buf, size_t bytes, enum rig_dir dir)
{
    struct rig *rig = ctx;

    return fake_arena_share(&rig->machine->arena, buf, bytes,
                            (enum fake_dir)dir);
}

static void port_unshare(void *ctx, void *buf, size_t bytes, enum rig_dir dir,
                         uint64_t dma)
{
    struct rig *rig = ctx;

    fake_arena_unshare(&rig->machine->arena, buf, bytes, (enum fake_dir)dir,
                       dma);
    fake_machine_unshared(rig->machine, dma);
}

/* A line that nobody lets go ends each wait at once: a driver that waits for
 * something else would look at it millions of times. Operating systems switch
 * such a line off. */
static bool is_switched_off(struct rig *rig)
{
    if (!fake_machine_irq(rig->machine)) {
        rig->waits = 0;
        return false;
    }
    if (rig->storm_max && rig->waits == rig->storm_max)
        return true;
    rig->waits++;
    return false;
}

static int port_wait(void *ctx, uint64_t deadline_ns)
{
    struct rig *rig = ctx;

    if (!is_switched_off(rig))
        return fake_machine_wait(rig->machine, deadline_ns);
    while (fake_machine_now(rig->machine) < deadline_ns)
        ;
    return 0;
}

static uint64_t port_now_ns(void *ctx)
{
    struct rig *rig = ctx;

    return fake_machine_now(rig->machine);
}

static void port_log(void *ctx, const char *line)
{
    struct rig *rig = ctx;

    snprintf(rig->last_log, sizeof(rig->last_log), "%s", line);
    rig_emit(rig, FAKE_EV_LOG, strlen(line), 0, 0, 0);
}

static const struct rig_port port_template = {
    .abi_version = RIG_DUT_ABI_VERSION,
    .reg_read = port_reg_read,
    .reg_write = port_reg_write,
    .dma_alloc = port_dma_alloc,
    .dma_free = port_dma_free,
    .share = port_share,
    .unshare = port_unshare,
    .wait = port_wait,
    .now_ns = port_now_ns,
    .log = port_log,
};

/* ---- life ---- */

/* Streams without a sink or source of the caller's are taped, and fed with a
 * pattern. */
static int make_voices(struct rig *rig, struct fake_machine_config *cfg,
                       const json_t *device)
{
    json_int_t seed =
        json_integer_value(json_object_get(device, "capture_data"));

    rig->voice = calloc(FAKE_SND_STREAMS_MAX + 1, sizeof(*rig->voice));
    if (!rig->voice)
        return -1;
    rig->control = &rig->voice[FAKE_SND_STREAMS_MAX];
    for (unsigned k = 0; k < FAKE_SND_STREAMS_MAX; k++) {
        struct rig_voice *v = &rig->voice[k];

        rig_tape_init(&v->tape);
        rig_pattern_source_init(&v->source, (uint64_t)seed);
        if (!cfg->sink[k])
            cfg->sink[k] = &v->tape.sink;
        if (!cfg->source[k])
            cfg->source[k] = &v->source.source;
    }
    return 0;
}

/* Those in flight are gone with the subject. */
static void drop_messages(struct rig *rig)
{
    for (unsigned k = 0; rig->voice && k <= FAKE_SND_STREAMS_MAX; k++)
        rig_voice_drop(rig, &rig->voice[k], true);
}

static void free_voices(struct rig *rig)
{
    drop_messages(rig);
    for (unsigned k = 0; rig->voice && k <= FAKE_SND_STREAMS_MAX; k++)
        rig_tape_free(&rig->voice[k].tape);
    free(rig->voice);
    rig->voice = rig->control = NULL;
}

static struct fake_store *open_store(const struct rig_machine_setup *setup,
                                     struct fake_machine_config *cfg, char *err,
                                     size_t room)
{
    uint64_t sectors = cfg->blk.sectors;

    if (!setup->image)
        return fake_store_memory(sectors * 512, err, room);
    cfg->blk.sectors = 0; /* that of the image */
    if (setup->image_writable)
        return fake_store_file(setup->image, err, room);
    return fake_store_cow(setup->image, err, room);
}

int rig_start(struct rig *rig, const struct rig_machine_setup *setup,
              const json_t *device, const struct rig_dut *dut, char *err,
              size_t room)
{
    struct fake_machine_config cfg = {
        .sched = setup->sched,
        .seed = setup->seed,
        .memory = setup->memory,
        .arena_bytes = setup->arena_bytes,
        .log = setup->log,
        .ledger = setup->ledger,
        .unjudged = setup->unjudged,
        .log_room = setup->log_room,
    };
    struct fake_store *store = NULL;

    memset(rig, 0, sizeof(*rig));
    rig_device_from_json(&cfg, device);
    if (setup->combo) {
        rig->combo = *setup->combo;
        rig_combo_apply(&cfg, setup->combo);
    }
    cfg.blk.seed = setup->seed;
    for (unsigned k = 0; k < setup->fault_count; k++) {
        if (fake_fault_plan(&cfg.faults, &setup->faults[k])) {
            snprintf(err, room, "a plan has at most %d faults",
                     FAKE_FAULT_PLAN_MAX);
            return -1;
        }
    }
    if (setup->reading != RIG_READING_AS_SAID)
        cfg.snd.reading =
            setup->reading == RIG_READING_LAZY ? FAKE_SND_LAZY : FAKE_SND_EAGER;
    memcpy(cfg.sink, setup->sink, sizeof(cfg.sink));
    memcpy(cfg.source, setup->source, sizeof(cfg.source));
    if (cfg.device_id == RIG_DEVICE_SND && make_voices(rig, &cfg, device)) {
        snprintf(err, room, "out of memory");
        return -1;
    }
    if (cfg.device_id == RIG_DEVICE_BLK) {
        store = open_store(setup, &cfg, err, room);
        if (!store)
            return -1;
    }
    rig->machine = fake_machine_new(&cfg, store, err, room);
    if (!rig->machine) {
        free_voices(rig);
        return -1;
    }
    if (setup->instrument && rig_instrument_attach(rig->machine, err, room)) {
        fake_machine_free(rig->machine);
        rig->machine = NULL;
        free_voices(rig);
        return -1;
    }
    rig->dut = dut;
    rig->port = port_template;
    rig->port.ctx = rig;
    rig->inflight_max =
        setup->inflight_max ? setup->inflight_max : RIG_INFLIGHT_MAX;
    rig->timeout_ns =
        setup->sched == FAKE_SCHED_STEP ? STEP_TIMEOUT_NS : THREADS_TIMEOUT_NS;
    if (dut)
        return 0;
    fake_fault_begin(&rig->machine->cfg.faults); /* there is no open */
    rig->raw = rig_raw_new(rig);
    if (!rig->raw)
        snprintf(err, room, "out of memory");
    return rig->raw ? 0 : -1;
}

void rig_stop(struct rig *rig)
{
    if (!rig->machine)
        return;
    if (rig->open)
        rig_close(rig);
    else if (!rig->dut)
        rig_emit(rig, FAKE_EV_CLOSED, 0, 0, 0, 0);
    rig_instrument_detach(rig->machine);
    fake_machine_stop(rig->machine);
}

void rig_free(struct rig *rig)
{
    if (!rig->machine)
        return;
    rig_instrument_detach(rig->machine);
    rig_batch_free_all(rig);
    rig_probes_drop(rig, true);
    json_decref(rig->score);
    free_voices(rig);
    rig_raw_free(rig->raw);
    fake_machine_free(rig->machine);
    rig->machine = NULL;
}

/* A small queue is the device's limit, as a driver meets it in life; a large
 * one has to be asked for as well. */
static uint32_t entries_wanted(const struct rig_combo *combo)
{
    uint32_t size = combo->value[RIG_DIM_SIZE];

    return size > ENTRIES_USUAL ? size : 0;
}

int rig_open(struct rig *rig, uint64_t features_mask, uint32_t queue_size)
{
    return rig_open_queues(rig, features_mask, queue_size, 1);
}

struct rig_use rig_in_use(const struct rig *rig)
{
    struct rig_use use = rig_use_of(rig->machine);

    use.bytes -= use.bytes < rig->kept.bytes ? use.bytes : rig->kept.bytes;
    use.windows -=
        use.windows < rig->kept.windows ? use.windows : rig->kept.windows;
    return use;
}

/* The subject has no device any more. */
static void note_kept(struct rig *rig)
{
    if (rig->reset == RIG_RESET_UNANSWERED)
        rig->kept = rig_use_of(rig->machine);
}

/* What a recovery is measured by. */
static void note_open(struct rig *rig, const struct rig_open *how)
{
    rig->how = *how;
    if (!rig->open)
        note_kept(rig);
    if (!rig->open || rig->opened_once)
        return;
    rig->opened_once = true;
    rig->first_use = rig_in_use(rig);
}

int rig_open_queues(struct rig *rig, uint64_t features_mask,
                    uint32_t queue_size, uint32_t queues)
{
    struct rig_open how = {
        .device = (enum rig_device)rig->machine->cfg.device_id,
        .features_mask = features_mask,
        .queue_size = queue_size ? queue_size : entries_wanted(&rig->combo),
        .inflight_max = rig->inflight_max,
        .queues = queues,
    };
    int result;

    rig_emit(rig, FAKE_EV_OPEN, how.device, 0, 0, 0);
    memset(&rig->settled, 0, sizeof(rig->settled));
    rig->reset = RIG_RESET_NONE;
    result = rig->dut->open(&rig->port, &how, &rig->self);
    rig->open = result == 0;
    rig_emit(rig, FAKE_EV_OPENED, (uint32_t)result, 0, 0, 0);
    fake_fault_begin(&rig->machine->cfg.faults);
    note_open(rig, &how);
    if (!rig->open)
        rig_emit(rig, FAKE_EV_CLOSED, 0, 0, 0, 0);
    return result;
}

void rig_close(struct rig *rig)
{
    if (rig->machine->log.on)
        fake_regs_idle(&rig->machine->regs);
    rig_emit(rig, FAKE_EV_CLOSE, 0, 0, 0, 0);
    rig->reset = RIG_RESET_NONE;
    rig->dut->close(rig->self);
    rig->open = false;
    note_kept(rig);
    rig->pending_count = 0;
    drop_messages(rig);
    rig_emit(rig, FAKE_EV_CLOSED, 0, 0, 0, 0);
}

/* ---- requests ---- */

int rig_take_interrupt(struct rig *rig)
{
    uint32_t bits = atomic_load(&rig->machine->lines.irq_status);
    int result;

    rig->waits = 0;
    if (!bits || !rig->dut->interrupt)
        return 0;
    rig_emit(rig, FAKE_EV_IRQ_ENTER, bits, 0, 0, 0);
    result = rig->dut->interrupt(rig->self);
    rig_emit(rig, FAKE_EV_IRQ_LEAVE,
             atomic_load(&rig->machine->lines.irq_status), 0, 0, 0);
    return result < 0 ? result : 0;
}

static uint64_t op_bytes(const struct rig_op *op)
{
    uint64_t bytes = 0;

    for (uint32_t k = 0; k < op->seg_count; k++)
        bytes += op->seg[k].bytes;
    return bytes;
}

/* A caller that is told of more takes what lies behind its buffer for sound. */
static void check_captured(struct rig *rig, const struct rig_op *op,
                           const struct rig_done *done)
{
    if (op->code != RIG_OP_SND_READ || done->result ||
        done->bytes <= op_bytes(op))
        return;
    complain(rig, "poll returned %u bytes captured, in a message of %llu",
             done->bytes, (unsigned long long)op_bytes(op));
}

/* Fills *r and forgets it; an unknown token is the subject's fault. */
static void complete(struct rig *rig, const struct rig_done *done)
{
    rig_emit(rig, FAKE_EV_DONE, done->token, (uint32_t)done->result, 0, 0);
    for (unsigned k = 0; k < rig->pending_count; k++) {
        struct rig_request *r = rig->pending[k];

        if (r->op.token != done->token)
            continue;
        check_captured(rig, &r->op, done);
        r->done = true;
        r->result = done->result;
        r->bytes = done->bytes;
        r->latency_bytes = done->latency_bytes;
        rig->pending[k] = rig->pending[--rig->pending_count];
        return;
    }
    complain(rig, "poll returned token %llu, which is not outstanding",
             (unsigned long long)done->token);
}

/* Returns the number collected or poll's error. */
static int poll_once(struct rig *rig)
{
    struct rig_done done[DONE_ROOM] = {{0}};
    int n = rig->dut->poll(rig->self, done, DONE_ROOM);

    if (n > (int)DONE_ROOM) {
        complain(rig, "poll returned %d completions, room was for %u", n,
                 DONE_ROOM);
        n = (int)DONE_ROOM;
    }
    for (int k = 0; k < n; k++)
        complete(rig, &done[k]);
    return n;
}

/* A driver that only polls looks again after a while. */
static uint64_t wait_until(struct rig *rig, uint64_t deadline_ns)
{
    uint64_t soon;

    if (rig->dut->interrupt)
        return deadline_ns;
    soon = fake_machine_now(rig->machine) + POLL_PAUSE_NS;
    return soon < deadline_ns ? soon : deadline_ns;
}

/* Each microsecond would be an interrupt, until the time is up. Operating
 * systems switch off a line of which nobody wants to know. */
static int give_up(struct rig *rig)
{
    rig->storm--;
    return RGT_E_TIMEOUT;
}

int rig_turn(struct rig *rig, uint64_t deadline_ns)
{
    int irq = rig_take_interrupt(rig);
    int n = poll_once(rig);

    if (n < 0)
        return n;
    if (irq < 0)
        return irq;
    if (n == 0 && fake_machine_irq(rig->machine))
        return ++rig->storm == rig->storm_max ? give_up(rig) : 0;
    rig->storm = 0;
    if (n == 0)
        fake_machine_wait(rig->machine, wait_until(rig, deadline_ns));
    return 0;
}

/* Turns until nothing is pending. now() is asked in each of them, so virtual
 * time passes even with an interrupt line that is never let go. */
static int drain(struct rig *rig, unsigned down_to, uint64_t deadline_ns)
{
    while (rig->pending_count > down_to) {
        int result = rig_turn(rig, deadline_ns);

        if (result < 0)
            return result;
        if (rig->pending_count > down_to &&
            fake_machine_now(rig->machine) >= deadline_ns)
            return RGT_E_TIMEOUT;
    }
    return 0;
}

static void kick(struct rig *rig)
{
    if (rig->dut->kick)
        rig->dut->kick(rig->self);
}

/* Returns what the subject says. */
static int32_t offer(struct rig *rig, struct rig_request *r)
{
    r->op.token = rig->next_token++;
    rig_emit(rig, FAKE_EV_SUBMIT, r->op.token, r->op.code, r->op.sector,
             op_bytes(&r->op));
    r->result = rig->dut->submit(rig->self, &r->op);
    rig_emit(rig, FAKE_EV_SUBMITTED, r->op.token, (uint32_t)r->result, 0, 0);
    if (r->result == 0) {
        r->submitted = true;
        rig->pending[rig->pending_count++] = r;
    }
    return r->result;
}

/* Submits one; a full queue is drained by one completion first. Returns 0,
 * with what the subject said in *r, or why no room came. */
static int submit(struct rig *rig, struct rig_request *r, uint64_t deadline_ns)
{
    while (rig->pending_count == rig->inflight_max ||
           offer(rig, r) == RGT_E_AGAIN) {
        int code;

        if (rig->pending_count == 0)
            return 0;
        kick(rig);
        code = drain(rig, rig->pending_count - 1, deadline_ns);
        r->result = 0;
        if (code < 0)
            return code;
    }
    return 0;
}

/* With a weak CPU a batch is kicked in parts: it is while the device works that
 * the order of what the driver says to it matters. */
static bool kicks_early(struct rig *rig)
{
    return rig->machine->weak && fake_weak_chance(rig->machine->weak, 3);
}

static int begin(struct rig *rig, struct rig_request *requests, unsigned count,
                 uint64_t deadline_ns)
{
    for (unsigned k = 0; k < count; k++) {
        int code = submit(rig, &requests[k], deadline_ns);

        if (code < 0)
            return code;
        if (kicks_early(rig))
            kick(rig);
    }
    kick(rig);
    return 0;
}

int rig_try(struct rig *rig, struct rig_request *request)
{
    int result;

    if (rig->pending_count == rig->inflight_max)
        return RGT_E_AGAIN;
    result = offer(rig, request);
    if (!result)
        kick(rig);
    return result;
}

int rig_begin(struct rig *rig, struct rig_request *requests, unsigned count)
{
    return begin(rig, requests, count,
                 fake_machine_now(rig->machine) + rig->timeout_ns);
}

int rig_finish(struct rig *rig, const struct rig_request *requests,
               unsigned count, uint64_t deadline_ns)
{
    for (unsigned k = 0; k < count; k++)
        while (requests[k].submitted && !requests[k].done) {
            int code = rig_turn(rig, deadline_ns);

            if (code < 0)
                return code;
            if (!requests[k].done &&
                fake_machine_now(rig->machine) >= deadline_ns)
                return RGT_E_TIMEOUT;
        }
    return 0;
}

int rig_run(struct rig *rig, struct rig_request *requests, unsigned count)
{
    uint64_t deadline = fake_machine_now(rig->machine) + rig->timeout_ns;
    int code = begin(rig, requests, count, deadline);

    return code < 0 ? code : rig_finish(rig, requests, count, deadline);
}

int rig_recover(struct rig *rig)
{
    uint64_t deadline = fake_machine_now(rig->machine) + rig->timeout_ns;
    int result;

    rig_emit(rig, FAKE_EV_RECOVER, 0, 0, 0, 0);
    result = rig->dut->recover(rig->self);
    if (result < 0)
        return result;
    return drain(rig, 0, deadline);
}

int rig_idle(struct rig *rig, uint64_t ns)
{
    uint64_t deadline = fake_machine_now(rig->machine) + ns;

    do {
        int result = rig_turn(rig, deadline);

        if (result < 0)
            return result;
    } while (fake_machine_now(rig->machine) < deadline);
    return 0;
}

void *rig_take(struct rig *rig, size_t bytes)
{
    return fake_arena_take(&rig->machine->arena, bytes, 64);
}

void rig_give(struct rig *rig, void *buf)
{
    if (buf)
        fake_arena_give(&rig->machine->arena, buf);
}
