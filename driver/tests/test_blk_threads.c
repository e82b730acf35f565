/* SPDX-License-Identifier: MIT */
/* One block device, used by two threads with a queue each, while a third
 * handles its interrupts and a fourth hears of its changing capacity. Under
 * ThreadSanitizer this shows that they share what blk.h says, and no more.
 *
 * The device has a thread for each queue and a register file that is a table
 * of functions. A lost wake-up ends at the deadline.
 */
#define _POSIX_C_SOURCE 200809L

#include "fake.h"
#include "ringtrue/le.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define QUEUES 2u
#define SIZE 16u
#define DEPTH 4u
#define ROUNDS 20000u
#define CHANGES 300u
#define RESETS 1000u
#define WAITS 50u
#define DEADLINE_S 20

/* Halves of one with halves of the other would be a third. */
#define CAPACITY_A UINT64_C(0x100000010)
#define CAPACITY_B UINT64_C(0x200000020)

struct disk;

struct lane {
    struct disk *disk;
    uint64_t areas[3];
    sem_t kick;
    uint16_t seen;
    pthread_t device, owner;

    struct rgt_blk_queue queue;
    struct rgt_vq_slot slots[SIZE];
    sem_t wake;
    struct rgt_blk_req reqs[DEPTH];
    struct rgt_seg segs[DEPTH];
    uint64_t data[DEPTH][64];
};

struct disk {
    struct rgt_hal hal; /* first */
    struct rgt_transport transport;
    struct rgt_blk blk;
    struct rgt_blk_queue_config configs[QUEUES];
    struct lane lanes[QUEUES];
    pthread_t handler;
    sem_t irq;
    bool event_idx;
    atomic_bool stop;
    atomic_uint status, generation, irq_status, ready;
    atomic_uint_least64_t capacity;
};

/* Returns false at the deadline. */
static bool sleep_on(sem_t *sem)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DEADLINE_S;
    return sem_timedwait(sem, &until) == 0;
}

/* ---- platform ------------------------------------------------------------ */

static void *dma_alloc(struct rgt_hal *hal, size_t bytes, size_t align,
                       uint64_t *dma)
{
    void *cpu = aligned_alloc(align, (bytes + align - 1) / align * align);

    (void)hal;
    *dma = (uint64_t)(uintptr_t)cpu;
    return cpu;
}

static void dma_free(struct rgt_hal *hal, void *cpu, size_t bytes, uint64_t dma)
{
    (void)hal;
    (void)bytes;
    (void)dma;
    free(cpu);
}

static uint64_t share(struct rgt_hal *hal, void *buf, size_t bytes,
                      enum rgt_dir dir)
{
    (void)hal;
    (void)bytes;
    (void)dir;
    return (uint64_t)(uintptr_t)buf;
}

static void unshare(struct rgt_hal *hal, void *buf, size_t bytes,
                    enum rgt_dir dir, uint64_t dma)
{
    (void)hal;
    (void)buf;
    (void)bytes;
    (void)dir;
    (void)dma;
}

static uint64_t now_ns(struct rgt_hal *hal)
{
    struct timespec now;

    (void)hal;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void log_line(struct rgt_hal *hal, const char *line)
{
    (void)hal;
    (void)line;
}

/* Resets are answered at once: only calls that wait for a request come here,
 * and none of them is answered. */
static int wait_irq(struct rgt_hal *hal, uint64_t deadline_ns)
{
    while (now_ns(hal) < deadline_ns)
        sched_yield();
    return 0;
}

static const struct rgt_hal_ops hal_ops = {
    .dma_alloc = dma_alloc,
    .dma_free = dma_free,
    .share = share,
    .unshare = unshare,
    .wait = wait_irq,
    .now_ns = now_ns,
    .log = log_line,
};

/* ---- registers ----------------------------------------------------------- */

static struct disk *of(struct rgt_transport *t)
{
    return (struct disk *)(void *)((char *)t -
                                   offsetof(struct disk, transport));
}

static int probe(struct rgt_transport *t, uint32_t *device_id)
{
    (void)t;
    *device_id = VIRTIO_ID_BLOCK;
    return 0;
}

static uint32_t status_get(struct rgt_transport *t)
{
    return atomic_load(&of(t)->status);
}

static void status_set(struct rgt_transport *t, uint32_t status)
{
    atomic_store(&of(t)->status, status);
    if (status == 0)
        atomic_store(&of(t)->ready, 0);
}

static uint64_t features_get(struct rgt_transport *t)
{
    return RGT_FEATURE(VIRTIO_F_VERSION_1) | RGT_FEATURE(VIRTIO_BLK_F_MQ) |
           RGT_FEATURE(VIRTIO_F_RING_RESET) |
           (of(t)->event_idx ? RGT_FEATURE(VIRTIO_F_EVENT_IDX) : 0);
}

static void features_set(struct rgt_transport *t, uint64_t features)
{
    (void)t;
    (void)features;
}

static uint32_t config_generation(struct rgt_transport *t)
{
    return atomic_load(&of(t)->generation);
}

static uint32_t config_read(struct rgt_transport *t, uint32_t offset,
                            unsigned width_bytes)
{
    uint64_t capacity = atomic_load(&of(t)->capacity);

    if (offset == 34)
        return QUEUES;
    assert_int_equal(width_bytes, 4);
    return (uint32_t)(capacity >> (8 * offset));
}

static uint32_t queue_size_max(struct rgt_transport *t, uint16_t queue)
{
    return atomic_load(&of(t)->ready) >> queue & 1 ? 0 : SIZE;
}

static void queue_enable(struct rgt_transport *t, uint16_t queue, uint16_t size,
                         uint64_t desc, uint64_t driver, uint64_t device)
{
    struct lane *l = &of(t)->lanes[queue];

    assert_int_equal(size, SIZE);
    l->areas[0] = desc;
    l->areas[1] = driver;
    l->areas[2] = device;
    l->seen = 0;
    atomic_fetch_or(&of(t)->ready, 1u << queue);
}

/* Of a queue that nobody serves: done at once. */
static void queue_reset(struct rgt_transport *t, uint16_t queue)
{
    atomic_fetch_and(&of(t)->ready, ~(1u << queue));
}

static int queue_reset_done(struct rgt_transport *t, uint16_t queue)
{
    return (atomic_load(&of(t)->ready) >> queue & 1) == 0;
}

static void notify(struct rgt_transport *t, uint32_t value)
{
    sem_post(&of(t)->lanes[value].kick);
}

static uint32_t interrupt_status(struct rgt_transport *t)
{
    return atomic_load(&of(t)->irq_status);
}

static void interrupt_ack(struct rgt_transport *t, uint32_t bits)
{
    atomic_fetch_and(&of(t)->irq_status, ~bits);
}

static const struct rgt_transport_ops transport_ops = {
    .probe = probe,
    .status_get = status_get,
    .status_set = status_set,
    .features_get = features_get,
    .features_set = features_set,
    .config_generation = config_generation,
    .config_read = config_read,
    .queue_size_max = queue_size_max,
    .queue_enable = queue_enable,
    .queue_reset = queue_reset,
    .queue_reset_done = queue_reset_done,
    .notify = notify,
    .interrupt_status = interrupt_status,
    .interrupt_ack = interrupt_ack,
};

/* ---- the device ---------------------------------------------------------- */

static void raise_irq(struct disk *d, uint32_t bits)
{
    atomic_fetch_or(&d->irq_status, bits);
    sem_post(&d->irq);
}

static uint16_t get(const struct lane *l, int area, size_t offset)
{
    _Atomic uint16_t *field =
        (_Atomic uint16_t *)(uintptr_t)(l->areas[area] + offset);

    return rgt_le16(atomic_load_explicit(field, memory_order_acquire));
}

static void put(const struct lane *l, size_t offset, uint16_t value)
{
    _Atomic uint16_t *field =
        (_Atomic uint16_t *)(uintptr_t)(l->areas[2] + offset);

    atomic_store_explicit(field, rgt_le16(value), memory_order_release);
}

/* Wants a kick for the entry it has not seen yet. */
static void ask_for_kick(const struct lane *l)
{
    put(l, 4 + 8 * SIZE, l->seen);
    atomic_thread_fence(memory_order_seq_cst);
}

static bool wants_interrupt(const struct lane *l, uint16_t old)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (l->disk->event_idx)
        return get(l, 1, 4 + 2 * SIZE) == old;
    return get(l, 1, 0) == 0;
}

static const struct virtq_desc *desc_at(const struct lane *l, uint16_t index)
{
    return (const struct virtq_desc *)(uintptr_t)(l->areas[0] + 16 * index);
}

static void *memory_of(const struct virtq_desc *d)
{
    return (void *)(uintptr_t)rgt_le64(d->addr);
}

/* A sector full of its own number and its queue's. */
static uint64_t content(unsigned queue, uint64_t sector)
{
    return sector << 8 | queue;
}

/* Header, 512 bytes to fill, status. */
static void answer(struct lane *l, uint16_t at)
{
    size_t entry = 4 + 2u * (at % SIZE);
    uint16_t head = rgt_le16(*(uint16_t *)(uintptr_t)(l->areas[1] + entry));
    const struct virtq_desc *header = desc_at(l, head);
    const struct virtq_desc *data = desc_at(l, rgt_le16(header->next));
    const struct virtq_desc *status = desc_at(l, rgt_le16(data->next));
    const struct virtio_blk_req *req = memory_of(header);
    uint64_t *words = memory_of(data);
    _Atomic uint32_t *elem =
        (_Atomic uint32_t *)(uintptr_t)(l->areas[2] + 4 + 8 * (at % SIZE));

    for (unsigned i = 0; i < 64; i++)
        words[i] =
            content((unsigned)(l - l->disk->lanes), rgt_le64(req->sector));
    *(uint8_t *)memory_of(status) = VIRTIO_BLK_S_OK;
    atomic_store_explicit(&elem[0], rgt_le32(head), memory_order_relaxed);
    atomic_store_explicit(&elem[1], rgt_le32(513), memory_order_relaxed);
    put(l, 2, (uint16_t)(at + 1));
    if (wants_interrupt(l, at))
        raise_irq(l->disk, RGT_INT_USED);
}

/* Returns what went wrong, or NULL. */
static void *serve(void *arg)
{
    struct lane *l = arg;

    while (!atomic_load(&l->disk->stop)) {
        uint16_t idx = get(l, 1, 2);
        if (idx == l->seen) {
            ask_for_kick(l);
            idx = get(l, 1, 2);
        }
        if (idx == l->seen && !sleep_on(&l->kick))
            return "nobody kicked";
        for (; l->seen != idx; l->seen++)
            answer(l, l->seen);
    }
    return NULL;
}

/* ---- the driver's threads ------------------------------------------------ */

static void *handle_interrupts(void *arg)
{
    struct disk *d = arg;

    while (!atomic_load(&d->stop)) {
        if (!sleep_on(&d->irq))
            return "nobody interrupted";
        if (rgt_blk_interrupt(&d->blk) < 0)
            return "not live";
    }
    return NULL;
}

static void wake(void *ctx)
{
    sem_post(ctx);
}

static int send(struct lane *l, unsigned i, uint64_t sector)
{
    l->segs[i] = (struct rgt_seg){.buf = l->data[i], .len = 512};
    l->reqs[i] = (struct rgt_blk_req){.op = RGT_BLK_READ,
                                      .sector = sector,
                                      .segs = &l->segs[i],
                                      .seg_count = 1};
    return rgt_blk_queue_submit(&l->queue, &l->reqs[i]);
}

static bool right(const struct lane *l, const struct rgt_blk_req *req)
{
    const uint64_t *words = l->data[req - l->reqs];
    uint64_t expected = content((unsigned)(l - l->disk->lanes), req->sector);

    for (unsigned i = 0; i < 64; i++)
        if (words[i] != expected)
            return false;
    return req->result == 0;
}

/* Ours to look at: only this thread writes it. */
static bool capacity_is_whole(const struct lane *l)
{
    uint64_t capacity = l->queue.capacity_sectors;

    return capacity == CAPACITY_A || capacity == CAPACITY_B;
}

static void *use(void *arg)
{
    struct lane *l = arg;
    struct rgt_blk_req *out[DEPTH];
    uint32_t sent = 0, done = 0;

    for (; sent < DEPTH; sent++)
        if (send(l, sent, sent) != 0)
            return "refused";
    while (done < ROUNDS) {
        if (rgt_blk_queue_kick(&l->queue) != 0)
            return "no kick";
        int n = rgt_blk_queue_poll(&l->queue, out, DEPTH);
        if (n < 0 || !capacity_is_whole(l))
            return "broken";
        if (n == 0 && !sleep_on(&l->wake))
            return "nobody woke";
        for (int i = 0; i < n; i++, done++) {
            if (!right(l, out[i]))
                return "wrong data";
            if (sent < ROUNDS &&
                send(l, (unsigned)(out[i] - l->reqs), sent++) != 0)
                return "refused";
        }
    }
    return NULL;
}

/* ---- both together ------------------------------------------------------- */

static void up(struct disk *d, bool event_idx)
{
    struct rgt_blk_config cfg = {
        .hal = &d->hal,
        .transport = &d->transport,
        .queues = d->configs,
        .queue_count = QUEUES,
        .features_wanted = RGT_FEATURES_ALL,
        .timeout_ns = 1000000000,
    };

    memset(d, 0, sizeof(*d));
    d->hal.ops = &hal_ops;
    d->transport.ops = &transport_ops;
    d->event_idx = event_idx;
    atomic_init(&d->capacity, CAPACITY_A);
    sem_init(&d->irq, 0, 0);
    for (unsigned i = 0; i < QUEUES; i++) {
        struct lane *l = &d->lanes[i];
        l->disk = d;
        sem_init(&l->kick, 0, 0);
        sem_init(&l->wake, 0, 0);
        d->configs[i] = (struct rgt_blk_queue_config){
            .queue = &l->queue,
            .slots = l->slots,
            .slot_count = SIZE,
            .wake = wake,
            .wake_ctx = &l->wake,
        };
    }
    assert_int_equal(rgt_blk_init(&d->blk, &cfg), 0);
}

static void down(struct disk *d)
{
    assert_int_equal(rgt_blk_close(&d->blk), 0);
    sem_destroy(&d->irq);
    for (unsigned i = 0; i < QUEUES; i++) {
        sem_destroy(&d->lanes[i].kick);
        sem_destroy(&d->lanes[i].wake);
    }
}

static void start(pthread_t *thread, void *(*run)(void *), void *arg)
{
    assert_int_equal(pthread_create(thread, NULL, run, arg), 0);
}

static void join(pthread_t thread)
{
    void *wrong;

    assert_int_equal(pthread_join(thread, &wrong), 0);
    if (wrong != NULL)
        fail_msg("%s", (const char *)wrong);
}

static void change_capacity(struct disk *d)
{
    uint64_t now = atomic_load(&d->capacity);

    atomic_store(&d->capacity, now == CAPACITY_A ? CAPACITY_B : CAPACITY_A);
    atomic_fetch_add(&d->generation, 1);
    raise_irq(d, RGT_INT_CONFIG);
}

/* Each change is heard of, whoever took the interrupt. */
static void watch_capacity(struct disk *d)
{
    uint64_t start_ns = now_ns(&d->hal);
    unsigned changes = 0;

    for (change_capacity(d); changes < CHANGES;) {
        int changed = rgt_blk_changes(&d->blk);
        assert_true(changed >= 0);
        assert_true(now_ns(&d->hal) - start_ns <
                    DEADLINE_S * UINT64_C(1000000000));
        if (changed == 0)
            continue;
        assert_int_equal(changed, RGT_BLK_CHANGED_CAPACITY);
        assert_int_equal(rgt_blk_info(&d->blk)->capacity_sectors,
                         atomic_load(&d->capacity));
        if (++changes < CHANGES)
            change_capacity(d);
    }
}

static void start_lanes(struct disk *d, unsigned count)
{
    atomic_store(&d->stop, false);
    start(&d->handler, handle_interrupts, d);
    for (unsigned i = 0; i < count; i++)
        start(&d->lanes[i].device, serve, &d->lanes[i]);
    for (unsigned i = 0; i < count; i++)
        start(&d->lanes[i].owner, use, &d->lanes[i]);
}

static void join_lanes(struct disk *d, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        join(d->lanes[i].owner);
    atomic_store(&d->stop, true);
    raise_irq(d, 0);
    for (unsigned i = 0; i < count; i++) {
        sem_post(&d->lanes[i].kick);
        join(d->lanes[i].device);
    }
    join(d->handler);
}

static void run(struct disk *d)
{
    start_lanes(d, QUEUES);
    watch_capacity(d);
    join_lanes(d, QUEUES);
}

static struct disk disk;

static void test_blk_two_queues_two_threads_with_flags(void **state)
{
    (void)state;
    up(&disk, false);
    run(&disk);
    down(&disk);
}

static void test_blk_two_queues_two_threads_with_event_idx(void **state)
{
    (void)state;
    up(&disk, true);
    run(&disk);
    down(&disk);
}

static void *take_back(void *arg)
{
    struct lane *l = arg;
    struct rgt_blk_req *out[DEPTH];
    int n = rgt_blk_queue_poll(&l->queue, out, DEPTH);

    if (n != DEPTH)
        return "not all came back";
    for (int i = 0; i < n; i++)
        if (out[i]->result != RGT_E_IO)
            return "not given back by a reset";
    return sleep_on(&l->wake) ? NULL : "nobody woke";
}

/* The device has stopped; what was in flight on both queues goes back to the
 * thread of each, and then all goes on. */
static void test_blk_recover_between_the_lives_of_two_threads(void **state)
{
    (void)state;

    up(&disk, true);
    for (unsigned i = 0; i < QUEUES; i++) {
        for (unsigned k = 0; k < DEPTH; k++)
            assert_int_equal(send(&disk.lanes[i], k, k), 0);
        assert_int_equal(rgt_blk_queue_kick(&disk.lanes[i].queue), 0);
    }
    assert_int_equal(rgt_blk_recover(&disk.blk), 0);
    for (unsigned i = 0; i < QUEUES; i++)
        start(&disk.lanes[i].owner, take_back, &disk.lanes[i]);
    for (unsigned i = 0; i < QUEUES; i++)
        join(disk.lanes[i].owner);
    run(&disk);
    down(&disk);
}

/* One queue is cancelled again and again; the other does not notice. */
static void test_blk_queue_reset_beside_a_queue_in_use(void **state)
{
    struct lane *l = &disk.lanes[1];
    (void)state;

    up(&disk, true);
    start_lanes(&disk, 1);
    for (unsigned round = 0; round < RESETS; round++) {
        struct rgt_blk_req *out[DEPTH + 1];
        for (unsigned k = 0; k < DEPTH; k++)
            assert_int_equal(send(l, k, k), 0);
        assert_int_equal(rgt_blk_queue_kick(&l->queue), 0);
        assert_int_equal(rgt_blk_queue_reset(&l->queue), 0);
        assert_int_equal(rgt_blk_queue_poll(&l->queue, out, DEPTH + 1), DEPTH);
        for (unsigned k = 0; k < DEPTH; k++)
            assert_int_equal(out[k]->result, RGT_E_IO);
    }
    join_lanes(&disk, 1);
    down(&disk);
}

static void *interrupt_always(void *arg)
{
    struct disk *d = arg;

    while (!atomic_load(&d->stop)) {
        atomic_fetch_or(&d->irq_status, RGT_INT_USED | RGT_INT_CONFIG);
        (void)rgt_blk_interrupt(&d->blk);
    }
    return NULL;
}

/* Who handles interrupts cannot know that a waiting call has to recover. */
static void test_blk_waiting_call_recovers_beside_interrupts(void **state)
{
    uint8_t sector[512];
    (void)state;

    up(&disk, true);
    assert_int_equal(rgt_blk_close(&disk.blk), 0);
    struct rgt_blk_config cfg = {
        .hal = &disk.hal,
        .transport = &disk.transport,
        .queues = disk.configs,
        .queue_count = QUEUES,
        .features_wanted = ~RGT_FEATURE(VIRTIO_F_RING_RESET),
        .timeout_ns = 1000000,
    };
    assert_int_equal(rgt_blk_init(&disk.blk, &cfg), 0);
    start(&disk.handler, interrupt_always, &disk);
    for (unsigned i = 0; i < WAITS; i++)
        assert_int_equal(
            rgt_blk_read_sync(&disk.blk, 0, sector, sizeof(sector)),
            RGT_E_TIMEOUT);
    atomic_store(&disk.stop, true);
    join(disk.handler);
    down(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blk_two_queues_two_threads_with_flags),
        cmocka_unit_test(test_blk_two_queues_two_threads_with_event_idx),
        cmocka_unit_test(test_blk_recover_between_the_lives_of_two_threads),
        cmocka_unit_test(test_blk_queue_reset_beside_a_queue_in_use),
        cmocka_unit_test(test_blk_waiting_call_recovers_beside_interrupts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
