/* SPDX-License-Identifier: MIT
 *
 * machine.c: puts one simulated machine together.
 */
#include "fakedev/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ringtrue/wire.h"

#define JUDGE_BATCH 512u /* events between two turns of the judge */
#define WINDOWS 65536u   /* more than the descriptors of one full queue */

static void control(void *ctx, const struct fake_control *c)
{
    struct fake_machine *m = ctx;

    m->sched.ops->control(&m->sched, c);
}

static void doorbell(void *ctx, uint16_t queue)
{
    struct fake_machine *m = ctx;

    m->sched.ops->doorbell(&m->sched, queue);
}

static void line_changed(void *ctx)
{
    struct fake_machine *m = ctx;

    if (m->sched.impl)
        m->sched.ops->line_changed(&m->sched);
}

static bool is_sound(const struct fake_machine *m)
{
    return m->cfg.device_id == VIRTIO_ID_SOUND;
}

static bool has_ledger(const struct fake_machine *m)
{
    return m->cfg.log && (m->cfg.ledger || m->cfg.memory == FAKE_MEM_GUARDED);
}

static int make_log(struct fake_machine *m)
{
    if (fake_log_init(&m->log, m->cfg.log ? m->cfg.log_room : 0))
        return -1;
    m->log.on = m->cfg.log;
    m->log.one_thread = m->cfg.sched == FAKE_SCHED_STEP;
    m->log.batch = JUDGE_BATCH;
    if (!m->cfg.log || m->cfg.unjudged)
        return 0;
    m->judge = fake_judge_new(&(struct fake_judge_about){
        .device_id = m->regs.device_id,
        .offered = m->regs.offered,
        .queue_size_max = m->regs.queue_size_max,
        .config_bytes = m->regs.config_bytes,
        .sectors = m->cfg.blk.sectors,
        .seg_max = is_sound(m) ? 0 : m->cfg.blk.seg_max,
        .snd = is_sound(m) ? &m->cfg.snd : NULL,
        .max_discard_seg = m->cfg.blk.discard.max_seg,
        .max_write_zeroes_seg = m->cfg.blk.write_zeroes.max_seg,
        .max_secure_erase_seg = m->cfg.blk.secure_erase.max_seg,
        .nonsense = m->cfg.blk.nonsense,
        .ledger = has_ledger(m),
    });
    if (!m->judge)
        return -1;
    m->log.listen = fake_judge_see;
    m->log.ctx = m->judge;
    return 0;
}

#define SND_QUEUES 4u /* control, event, tx, rx (5.14.2) */

static uint32_t queue_count(const struct fake_machine *m)
{
    return is_sound(m) ? SND_QUEUES : fake_blk_queue_count(&m->cfg.blk);
}

static void settled(void *ctx)
{
    struct fake_machine *m = ctx;

    if (!is_sound(m))
        fake_blk_features_settled(&m->regs, &m->cfg.blk);
}

static void make_config(struct fake_machine *m)
{
    struct fake_regs *regs = &m->regs;

    if (is_sound(m)) {
        regs->config_bytes =
            fake_snd_config_space(&m->cfg.snd, regs->config, FAKE_CONFIG_MAX);
        return;
    }
    regs->config_bytes = fake_blk_config_space(&m->cfg.blk, m->cfg.blk.sectors,
                                               regs->config, FAKE_CONFIG_MAX);
    if (regs->offered >> VIRTIO_BLK_F_CONFIG_WCE & 1) {
        regs->writable_offset = offsetof(struct virtio_blk_config, writeback);
        regs->writable_bytes = 1;
        atomic_store(&m->lines.writeback, m->cfg.blk.writeback);
    }
}

static void make_front(struct fake_machine *m)
{
    m->regs = (struct fake_regs){
        .arena = &m->arena,
        .log = &m->log,
        .faults = &m->cfg.faults,
        .lines = &m->lines,
        .control = control,
        .doorbell = doorbell,
        .settled = settled,
        .ctx = m,
        .device_id = m->cfg.device_id,
        .offered = is_sound(m) ? m->cfg.snd.features : m->cfg.blk.features,
        .queue_count = queue_count(m),
        .queue_size_max = m->cfg.queue_size_max,
    };
    make_config(m);
}

static int make_back(struct fake_machine *m)
{
    struct fake_device *dev = is_sound(m) ? &m->snd.dev : &m->blk.dev;

    dev->arena = &m->arena;
    dev->log = &m->log;
    dev->faults = &m->cfg.faults;
    dev->lines = &m->lines;
    dev->line_changed = line_changed;
    dev->line_ctx = m;
    dev->queue_count = m->regs.queue_count;
    m->dev = dev;
    if (!is_sound(m)) {
        if (m->cfg.blk.cache &&
            !(m->cache = fake_cache_new(m->store, m->cfg.seed)))
            return -1;
        m->blk.cache = m->cache;
        fake_blk_init(&m->blk, &m->cfg.blk, m->store);
        return 0;
    }
    memcpy(m->snd.sink, m->cfg.sink, sizeof(m->snd.sink));
    memcpy(m->snd.source, m->cfg.source, sizeof(m->snd.source));
    return fake_snd_init(&m->snd, &m->cfg.snd);
}

static int make_memory(struct fake_machine *m)
{
    bool guarded = m->cfg.memory == FAKE_MEM_GUARDED;

    if (fake_arena_init(&m->arena, m->cfg.arena_bytes,
                        m->cfg.windows ? m->cfg.windows : WINDOWS,
                        m->cfg.memory, &m->log))
        return -1;
    m->arena.faults = &m->cfg.faults;
    if (!has_ledger(m))
        return 0;
    m->ledger = fake_ledger_new(&m->arena, &m->log, guarded);
    m->arena.ledger = m->ledger;
    return m->ledger ? 0 : -1;
}

static int start(struct fake_machine *m)
{
    if (m->cfg.sched == FAKE_SCHED_STEP)
        return fake_sched_step_start(&m->sched, m->dev, &m->log, m->cfg.seed);
    return fake_sched_threads_start(&m->sched, m->dev, &m->log, m->cfg.poll_ns);
}

struct fake_machine *fake_machine_new(const struct fake_machine_config *cfg,
                                      struct fake_store *store, char *err,
                                      size_t room)
{
    /* The log keeps what its threads write in lines of their own. */
    struct fake_machine *m = aligned_alloc(_Alignof(struct fake_machine),
                                           sizeof(struct fake_machine));

    if (!m) {
        snprintf(err, room, "out of memory");
        if (store)
            store->ops->close(store);
        return NULL;
    }
    memset(m, 0, sizeof(*m));
    m->cfg = *cfg;
    m->store = store;
    if (cfg->memory == FAKE_MEM_GUARDED && !cfg->log) {
        snprintf(err, room, "guarded memory needs the event log");
        fake_machine_free(m);
        return NULL;
    }
    if (store && m->cfg.blk.sectors == 0)
        m->cfg.blk.sectors = store->bytes / 512;
    atomic_store(&m->lines.sectors, m->cfg.blk.sectors);
    make_front(m);
    if (make_log(m) || make_memory(m) || make_back(m)) {
        snprintf(err, room, "no memory for the simulated machine");
        fake_machine_free(m);
        return NULL;
    }
    if (start(m)) {
        snprintf(err, room, "cannot start the simulated device");
        fake_machine_free(m);
        return NULL;
    }
    return m;
}

static void pause_driver(void *ctx)
{
    struct fake_machine *m = ctx;

    m->sched.ops->pause(&m->sched);
}

int fake_machine_weaken(struct fake_machine *m)
{
    if (m->cfg.sched != FAKE_SCHED_STEP)
        return -1;
    m->weak = fake_weak_new(&m->arena, m->cfg.seed, pause_driver, m);
    m->arena.weak = m->sched.weak = m->weak;
    return m->weak ? 0 : -1;
}

void fake_machine_stop(struct fake_machine *m)
{
    if (m->sched.impl)
        m->sched.ops->stop(&m->sched);
    if (m->log.on)
        fake_log_settle(&m->log);
}

void fake_machine_free(struct fake_machine *m)
{
    struct fake_control c = {.kind = FAKE_CONTROL_RESET};

    if (!m)
        return;
    fake_machine_stop(m);
    m->log.on = false;
    if (m->dev && m->dev->ops)
        fake_device_control(m->dev, &c); /* frees the rings */
    if (is_sound(m))
        fake_snd_free(&m->snd);
    fake_ledger_free(m->ledger);
    fake_arena_free(&m->arena);
    fake_judge_free(m->judge);
    fake_log_free(&m->log);
    fake_cache_free(m->cache);
    fake_weak_free(m->weak);
    if (m->store)
        m->store->ops->close(m->store);
    free(m);
}

void fake_machine_power_cut(struct fake_machine *m, enum fake_survival survival)
{
    struct fake_control c = {.kind = FAKE_CONTROL_POWER_CUT,
                             .survival = survival};

    m->sched.ops->control(&m->sched, &c);
}

int fake_machine_resize(struct fake_machine *m, uint64_t sectors)
{
    if (!m->store || sectors > m->store->bytes / 512)
        return -1;
    m->sched.ops->tick(&m->sched);
    fake_regs_resize(&m->regs, sectors);
    return 0;
}

int fake_machine_peek(struct fake_machine *m, uint64_t offset, void *to,
                      size_t bytes)
{
    struct fake_peek peek = {.offset = offset, .to = to, .bytes = bytes};
    struct fake_control c = {.kind = FAKE_CONTROL_PEEK, .peek = &peek};

    m->sched.ops->control(&m->sched, &c);
    return peek.failed ? -1 : 0;
}

uint32_t fake_machine_read(struct fake_machine *m, uint32_t offset,
                           uint32_t width)
{
    uint32_t value;

    m->sched.ops->tick(&m->sched);
    value = fake_regs_read(&m->regs, offset, width);
    if (m->weak)
        fake_weak_catch_up(m->weak);
    return value;
}

void fake_machine_write(struct fake_machine *m, uint32_t offset, uint32_t width,
                        uint32_t value)
{
    m->sched.ops->tick(&m->sched);
    if (m->weak)
        fake_weak_drain(m->weak);
    fake_regs_write(&m->regs, offset, width, value);
    if (m->weak)
        fake_weak_catch_up(m->weak);
}

int fake_machine_wait(struct fake_machine *m, uint64_t deadline_ns)
{
    int line;

    if (m->weak)
        fake_weak_drain(m->weak);
    if (m->log.on)
        fake_regs_idle(&m->regs);
    line = m->sched.ops->wait(&m->sched, deadline_ns);
    if (m->weak)
        fake_weak_catch_up(m->weak);
    return line;
}

uint64_t fake_machine_now(struct fake_machine *m)
{
    m->sched.ops->tick(&m->sched);
    return m->sched.ops->now(&m->sched);
}

void fake_machine_unshared(struct fake_machine *m, uint64_t dma)
{
    if (!fake_fault_planned(&m->cfg.faults, FAKE_FAULT_USED_FLIPPED))
        return;
    if (m->cfg.sched == FAKE_SCHED_STEP) {
        fake_device_unshared(m->dev, dma);
        return;
    }
    atomic_store(&m->lines.unshared, dma);
    /* Wakes the device by a queue that it has not, as below. */
    if (m->regs.queue_count < FAKE_QUEUES_MAX)
        m->sched.ops->doorbell(&m->sched, (uint16_t)m->regs.queue_count);
}

void fake_machine_plug(struct fake_machine *m, uint32_t jack, bool connected)
{
    if (!is_sound(m) || jack >= m->cfg.snd.jack_count)
        return;
    atomic_store(&m->snd.connected[jack], connected);
    /* Wakes the device by a queue that it has not: none of its own is to be
     * looked at before the driver's kick. */
    m->sched.ops->doorbell(&m->sched, (uint16_t)m->regs.queue_count);
}

bool fake_machine_irq(const struct fake_machine *m)
{
    return atomic_load(&m->lines.irq_status) != 0;
}
