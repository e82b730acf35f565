/* SPDX-License-Identifier: MIT
 *
 * bench_ring.c: add, publish, decide the kick, pop: the driver's half of a
 * virtqueue with a stub at the other end, and with one that reads every
 * descriptor. A request is that of a disk without its data being touched:
 * header, data, status. No interrupts, no kicks: both ends poll.
 */
#include "bench_ring.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "median.h"
#include "options.h"
#include "ring_peer.h"
#include "ringtrue/vq.h"

#define SIZE 256u
#define DEPTH 32u
#define PIECES 3u
#define ROUNDS_MAX 101u
#define ACROSS_NS UINT64_C(20000000000) /* a round takes no longer */

/* ---- a platform without a device ---- */

static void *hal_alloc(struct rgt_hal *hal, size_t bytes, size_t align,
                       uint64_t *dma)
{
    void *at = NULL;

    (void)hal;
    if (posix_memalign(&at, align < 64 ? 64 : align, bytes))
        return NULL;
    *dma = (uintptr_t)at;
    return at;
}

static void hal_free(struct rgt_hal *hal, void *cpu, size_t bytes, uint64_t dma)
{
    (void)hal;
    (void)bytes;
    (void)dma;
    free(cpu);
}

static void hal_log(struct rgt_hal *hal, const char *line)
{
    (void)hal;
    fprintf(stderr, "ringtrue: bench: %s\n", line);
}

/* vq.h uses no more of a platform than this. */
static const struct rgt_hal_ops hal_ops = {
    .dma_alloc = hal_alloc, .dma_free = hal_free, .log = hal_log};
static struct rgt_hal hal = {&hal_ops};

/* ---- a queue ---- */

struct row {
    bool packed, indirect, walks, across;
    unsigned batch;
    double ns[ROUNDS_MAX];
};

struct lane {
    struct rgt_vq vq;
    struct rgt_vq_slot slots[SIZE];
    struct rig_peer peer;
    struct rgt_sg sg[PIECES];
    uint8_t buf[512];
};

static uint64_t now_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int lane_up(struct lane *l, const struct row *row)
{
    struct rgt_vq_config cfg = {
        .hal = &hal,
        .features = RGT_FEATURE(VIRTIO_F_VERSION_1) |
                    (row->packed ? RGT_FEATURE(VIRTIO_F_RING_PACKED) : 0) |
                    (row->indirect ? RGT_FEATURE(VIRTIO_F_INDIRECT_DESC) : 0),
        .slots = l->slots,
        .slot_count = SIZE,
        .size_max = SIZE,
        .indirect_entries = row->indirect ? PIECES : 0,
    };
    uint64_t desc, driver, device;

    memset(l, 0, sizeof(*l));
    if (rgt_vq_init(&l->vq, &cfg))
        return -1;
    rgt_vq_areas(&l->vq, &desc, &driver, &device);
    l->peer = (struct rig_peer){
        .packed = row->packed,
        .walks = row->walks,
        .chain = row->indirect ? 1 : PIECES,
        .size = rgt_vq_size(&l->vq),
        .desc = (uint8_t *)(uintptr_t)desc,
        .driver = (uint8_t *)(uintptr_t)driver,
        .device = (uint8_t *)(uintptr_t)device,
        .wrap = true,
    };
    for (unsigned k = 0; k < PIECES; k++)
        l->sg[k] = (struct rgt_sg){(uintptr_t)l->buf, k ? 496 : 16};
    l->sg[PIECES - 1].len = 1;
    rig_peer_quiet(&l->peer);
    return rgt_vq_interrupts(&l->vq, false) < 0 ? -1 : 0;
}

/* ---- one core ---- */

static int add(struct lane *l)
{
    return rgt_vq_add(&l->vq, l->sg, 1, PIECES - 1, l);
}

static int send(struct lane *l)
{
    int err = rgt_vq_publish(&l->vq);

    return err ? err : rgt_vq_kick_needed(&l->vq);
}

static int one_core(struct lane *l, unsigned batch, uint64_t requests)
{
    for (uint64_t done = 0; done < requests; done += batch) {
        void *token;
        uint32_t len;

        for (unsigned k = 0; k < batch; k++)
            if (add(l))
                return -1;
        if (send(l) != 0 || rig_peer_serve(&l->peer, batch) != batch)
            return -1;
        for (unsigned k = 0; k < batch; k++)
            if (rgt_vq_pop(&l->vq, &token, &len) != 1)
                return -1;
    }
    return 0;
}

/* ---- two cores ---- */

struct across {
    struct lane *lane;
    uint64_t requests, until_ns;
    atomic_bool go;
    int code;
};

static void *peer_thread(void *ctx)
{
    struct across *a = ctx;
    uint64_t left = a->requests;

    while (!atomic_load(&a->go))
        ;
    while (left) {
        unsigned n = rig_peer_serve(&a->lane->peer, DEPTH);

        left -= n;
        if (n == 0 && now_ns(CLOCK_MONOTONIC) > a->until_ns)
            break;
    }
    return NULL;
}

static int drive(struct lane *l, uint64_t requests, uint64_t until_ns)
{
    uint64_t sent = 0, done = 0;

    while (done < requests) {
        bool fresh = false;
        uint32_t len;
        void *token;

        for (; sent < requests && sent - done < DEPTH && add(l) == 0; sent++)
            fresh = true;
        if (fresh && send(l) < 0)
            return -1;
        if (rgt_vq_pop(&l->vq, &token, &len) != 1) {
            if (now_ns(CLOCK_MONOTONIC) > until_ns)
                return -1;
            continue;
        }
        do
            done++;
        while (rgt_vq_pop(&l->vq, &token, &len) == 1);
    }
    return 0;
}

static int two_cores(struct lane *l, uint64_t requests, double *ns)
{
    struct across a = {.lane = l, .requests = requests};
    pthread_t thread;
    uint64_t start;
    int code;

    a.until_ns = now_ns(CLOCK_MONOTONIC) + ACROSS_NS;
    if (pthread_create(&thread, NULL, peer_thread, &a))
        return -1;
    start = now_ns(CLOCK_MONOTONIC);
    atomic_store(&a.go, true);
    code = drive(l, requests, a.until_ns);
    *ns = (double)(now_ns(CLOCK_MONOTONIC) - start) / (double)requests;
    pthread_join(thread, NULL);
    return code;
}

/* ---- rows ---- */

static int measure(struct row *row, unsigned round, uint64_t requests)
{
    struct lane *l = malloc(sizeof(*l));
    uint64_t start;
    int code = l ? lane_up(l, row) : -1;

    if (!code && row->across)
        code = two_cores(l, requests, &row->ns[round]);
    else if (!code) {
        code = one_core(l, row->batch, requests / 8); /* warm up */
        start = now_ns(CLOCK_THREAD_CPUTIME_ID);
        code = code ? code : one_core(l, row->batch, requests);
        row->ns[round] = (double)(now_ns(CLOCK_THREAD_CPUTIME_ID) - start) /
                         (double)requests;
    }
    if (l)
        rgt_vq_free(&l->vq);
    free(l);
    if (code)
        rig_complain("bench", "requests failed on a %s ring",
                     row->packed ? "packed" : "split");
    return code;
}

static void print_row(struct row *r, unsigned rounds)
{
    double m = rig_median(r->ns, rounds);

    printf("  %-7s %-9s %-13s %5u  %7.1f (%.1f .. %.1f)\n",
           r->packed ? "packed" : "split", r->indirect ? "indirect" : "direct",
           r->across  ? "two cores"
           : r->walks ? "both halves"
                      : "driver alone",
           r->batch, m, r->ns[0], r->ns[rounds - 1]);
}

#define ROWS 20u

/* Of one layout: driver alone and both halves, one by one and in batches;
 * then across two cores. */
static unsigned make_rows(struct row *rows, bool two_cores)
{
    unsigned n = 0;

    for (unsigned k = 0; k < 4; k++)
        for (unsigned m = 0; m < (two_cores ? 5 : 4); m++)
            rows[n++] = (struct row){.packed = k & 2,
                                     .indirect = k & 1,
                                     .walks = m >= 2,
                                     .across = m == 4,
                                     .batch = m == 0 || m == 2 ? 1 : DEPTH};
    return n;
}

int rig_bench_rings(unsigned rounds, uint64_t requests, bool two_cores)
{
    struct row *rows = calloc(ROWS, sizeof(*rows));
    unsigned n = rows ? make_rows(rows, two_cores) : 0;
    int code = rows ? 0 : RIG_EXIT_BENCH;

    for (unsigned round = 0; round < rounds && !code; round++)
        for (unsigned k = 0; k < n && !code; k++)
            if (measure(&rows[k], round, requests))
                code = RIG_EXIT_BENCH;
    if (!code) {
        printf("requests of 3 descriptors, ring of %u\n\n"
               "  ring    layout    halves        batch  ns/request (min .. "
               "max)\n",
               SIZE);
        for (unsigned k = 0; k < n; k++)
            print_row(&rows[k], rounds);
    }
    free(rows);
    return code;
}
