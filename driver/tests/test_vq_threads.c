/* SPDX-License-Identifier: MIT */
/* The ring between two threads: every payload arrives whole, and with both
 * sides asleep whenever they may, nobody is left asleep.
 *
 * The device half here has fences of its own, so that ThreadSanitizer sees
 * the pairs of fence.h: without ENTRIES_BEFORE_IDX or IDX_BEFORE_ENTRIES it
 * reports a race on the payload. A lost wake-up ends at the deadline.
 */
#define _POSIX_C_SOURCE 200809L

#include "fake.h"
#include "ringtrue/le.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define SIZE 8u
#define ROUNDS 50000u
#define DEADLINE_S 20

struct pair {
    struct rgt_hal hal; /* first */
    struct rgt_transport transport;
    struct rgt_vq vq;
    struct rgt_vq_slot slots[SIZE];
    uint64_t areas[3];
    bool event_idx;
    sem_t kick, interrupt;
    uint32_t requests[SIZE], answers[SIZE];
};

/* Returns false at the deadline. */
static bool sleep_on(sem_t *sem)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DEADLINE_S;
    return sem_timedwait(sem, &until) == 0;
}

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

static const struct rgt_hal_ops hal_ops = {
    .dma_alloc = dma_alloc,
    .dma_free = dma_free,
};

static void notify(struct rgt_transport *t, uint32_t value)
{
    struct pair *p =
        (struct pair *)(void *)((char *)t - offsetof(struct pair, transport));

    (void)value;
    sem_post(&p->kick);
}

static const struct rgt_transport_ops transport_ops = {.notify = notify};

/* ---- the device ---------------------------------------------------------- */

static _Atomic uint16_t *field(struct pair *p, int area, size_t offset)
{
    return (_Atomic uint16_t *)(uintptr_t)(p->areas[area] + offset);
}

static uint16_t get(struct pair *p, int area, size_t offset)
{
    return rgt_le16(
        atomic_load_explicit(field(p, area, offset), memory_order_acquire));
}

static void put(struct pair *p, size_t offset, uint16_t value)
{
    atomic_store_explicit(field(p, 2, offset), rgt_le16(value),
                          memory_order_release);
}

/* Wants a kick for entry seen. */
static void put_event(struct pair *p, uint16_t seen)
{
    put(p, 4 + 8 * SIZE, seen);
    atomic_thread_fence(memory_order_seq_cst);
}

static bool wants_interrupt(struct pair *p, uint16_t old)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (p->event_idx)
        return get(p, 1, 4 + 2 * SIZE) == old;
    return get(p, 1, 0) == 0;
}

static void put_used(struct pair *p, uint16_t at, uint16_t head)
{
    _Atomic uint32_t *elem =
        (_Atomic uint32_t *)(uintptr_t)(p->areas[2] + 4 + 8 * (at % SIZE));

    atomic_store_explicit(&elem[0], rgt_le32(head), memory_order_relaxed);
    atomic_store_explicit(&elem[1], rgt_le32(4), memory_order_relaxed);
    put(p, 2, (uint16_t)(at + 1));
}

static const struct virtq_desc *desc_at(struct pair *p, uint16_t index)
{
    return (const struct virtq_desc *)(uintptr_t)(p->areas[0] + 16 * index);
}

static uint32_t *buffer_of(const struct virtq_desc *d)
{
    return (uint32_t *)(uintptr_t)rgt_le64(d->addr);
}

/* Plain loads of entry, descriptors and payload: the fences of the driver
 * have to make them safe. */
static void answer(struct pair *p, uint16_t at)
{
    size_t entry = 4 + 2u * (at % SIZE);
    uint16_t head = rgt_le16(*(uint16_t *)(uintptr_t)(p->areas[1] + entry));
    const struct virtq_desc *in = desc_at(p, head);
    const struct virtq_desc *out = desc_at(p, rgt_le16(in->next));

    *buffer_of(out) = *buffer_of(in) * 3;
    put_used(p, at, head);
    if (wants_interrupt(p, at))
        sem_post(&p->interrupt);
}

static void *device(void *arg)
{
    struct pair *p = arg;
    uint16_t seen = 0;

    for (uint32_t left = ROUNDS; left > 0;) {
        uint16_t idx = get(p, 1, 2);
        if (idx == seen) {
            put_event(p, seen);
            idx = get(p, 1, 2);
            if (idx == seen) {
                if (!sleep_on(&p->kick))
                    return p; /* nobody kicked */
                continue;
            }
        }
        for (; seen != idx; seen++, left--)
            answer(p, seen);
    }
    return NULL;
}

/* ---- the driver -----------------------------------------------------------
 */

static void send(struct pair *p, unsigned i, uint32_t value)
{
    const struct rgt_sg sg[2] = {
        {(uint64_t)(uintptr_t)&p->requests[i], 4},
        {(uint64_t)(uintptr_t)&p->answers[i], 4},
    };

    p->requests[i] = value;
    assert_int_equal(rgt_vq_add(&p->vq, sg, 1, 1, &p->requests[i]), 0);
}

static void kick(struct pair *p)
{
    assert_int_equal(rgt_vq_publish(&p->vq), 0);
    if (rgt_vq_kick_needed(&p->vq) > 0)
        rgt_vq_kick(&p->vq);
}

static unsigned index_of(struct pair *p, void *token)
{
    return (unsigned)((uint32_t *)token - p->requests);
}

static void drive(struct pair *p)
{
    uint32_t sent = 0, done = 0;
    void *token;
    uint32_t len;

    while (sent < SIZE / 2) {
        send(p, sent, sent);
        sent++;
    }
    kick(p);
    while (done < ROUNDS) {
        int found = rgt_vq_pop(&p->vq, &token, &len);
        assert_true(found >= 0);
        if (found == 0) {
            assert_true(sleep_on(&p->interrupt)); /* nobody interrupted */
            continue;
        }
        unsigned i = index_of(p, token);
        assert_int_equal(p->answers[i], p->requests[i] * 3);
        done++;
        if (sent < ROUNDS) {
            send(p, i, sent++);
            kick(p);
        }
    }
}

static void run(bool event_idx)
{
    struct pair p = {.hal = {&hal_ops}, .transport = {&transport_ops}};
    struct rgt_vq_config cfg = {
        .hal = &p.hal,
        .transport = &p.transport,
        .features = event_idx ? RGT_FEATURE(VIRTIO_F_EVENT_IDX) : 0,
        .slots = p.slots,
        .slot_count = SIZE,
        .size_max = SIZE,
    };
    pthread_t thread;
    void *lost;

    p.event_idx = event_idx;
    assert_int_equal(rgt_vq_init(&p.vq, &cfg), 0);
    rgt_vq_areas(&p.vq, &p.areas[0], &p.areas[1], &p.areas[2]);
    sem_init(&p.kick, 0, 0);
    sem_init(&p.interrupt, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, device, &p), 0);
    drive(&p);
    pthread_join(thread, &lost);
    assert_null(lost);
    rgt_vq_free(&p.vq);
}

static void test_vq_two_threads_lose_nothing_with_flags(void **state)
{
    (void)state;
    run(false);
}

static void test_vq_two_threads_lose_nothing_with_event_idx(void **state)
{
    (void)state;
    run(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vq_two_threads_lose_nothing_with_flags),
        cmocka_unit_test(test_vq_two_threads_lose_nothing_with_event_idx),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
