/* SPDX-License-Identifier: MIT
 *
 * bench_reads.c: 4 KiB reads, the whole way: submit, ring, device, completion.
 */
#include "bench_reads.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dut_ringtrue.h"
#include "median.h"
#include "options.h"
#include "rig.h"
#include "ringtrue/wire.h"
#include "setup.h"

#define BLOCK_BYTES 4096u
#define BLOCK_SECTORS 8u
#define DISK_SECTORS 32768u /* 16 MiB */
#define DEPTH_MAX 32u
#define ROUNDS_MAX 101u
#define ARENA_BYTES ((size_t)64 << 20)
#define LOG_ROOM 16384u              /* as that of a case */
#define WAIT_NS UINT64_C(1000000000) /* for a completion */

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct row {
    enum fake_sched_kind sched;
    bool packed;
    unsigned depth;
    bool judge;
    double ns[ROUNDS_MAX], kicks[ROUNDS_MAX], irqs[ROUNDS_MAX];
};

/* ---- a rig that counts ---- */

struct counting {
    struct rig rig; /* first: it is the context of the port */
    void (*write)(void *ctx, uint32_t offset, uint32_t width, uint32_t value);
    uint64_t kicks, irqs;
};

static void count_write(void *ctx, uint32_t offset, uint32_t width,
                        uint32_t value)
{
    struct counting *c = ctx;

    c->kicks += offset == VIRTIO_MMIO_QUEUE_NOTIFY;
    c->write(ctx, offset, width, value);
}

static void start_counting(struct counting *c)
{
    c->write = c->rig.port.reg_write;
    c->rig.port.reg_write = count_write;
}

/* ---- reads ---- */

struct slots {
    struct rig_op op[DEPTH_MAX];
    struct rig_seg seg[DEPTH_MAX];
    uint64_t next_sector;
};

static int submit(struct rig *rig, struct slots *s, unsigned k)
{
    s->op[k].sector = s->next_sector;
    s->next_sector = (s->next_sector + BLOCK_SECTORS) % DISK_SECTORS;
    return rig->dut->submit(rig->self, &s->op[k]);
}

/* Takes interrupts and completions, puts each slot to use again while more
 * reads are to be started. Returns completions, or an error. */
static int turn(struct counting *c, struct slots *s, uint64_t *to_start)
{
    struct rig *rig = &c->rig;
    struct rig_done done[DEPTH_MAX];
    bool asserted = fake_machine_irq(rig->machine);
    int irq = rig_take_interrupt(rig);
    int n = rig->dut->poll(rig->self, done, DEPTH_MAX);
    bool started = false;

    c->irqs += asserted;
    if (irq < 0)
        return irq;
    for (int k = 0; k < n; k++) {
        if (done[k].result)
            return done[k].result;
        if (*to_start == 0)
            continue;
        (*to_start)--;
        started = true;
        if (submit(rig, s, (unsigned)done[k].token))
            return RGT_E_AGAIN;
    }
    if (started)
        rig->dut->kick(rig->self);
    return n;
}

/* Reads `reads` blocks with `depth` in flight. Returns 0 or an error. */
static int read_blocks(struct counting *c, unsigned depth, uint64_t reads)
{
    struct rig *rig = &c->rig;
    struct slots s = {.next_sector = 0};
    uint64_t to_start = reads, left = reads;

    for (unsigned k = 0; k < depth; k++) {
        s.seg[k].buf = rig_take(rig, BLOCK_BYTES);
        s.seg[k].bytes = BLOCK_BYTES;
        s.op[k] = (struct rig_op){.code = RIG_OP_BLK_READ,
                                  .token = k,
                                  .seg = &s.seg[k],
                                  .seg_count = 1};
        to_start--;
        if (!s.seg[k].buf || submit(rig, &s, k))
            return RGT_E_NOMEM;
    }
    rig->dut->kick(rig->self);
    while (left) {
        int n = turn(c, &s, &to_start);

        if (n < 0)
            return n;
        left -= (uint64_t)n;
        if (n == 0 && !fake_machine_irq(rig->machine) &&
            !fake_machine_wait(rig->machine,
                               fake_machine_now(rig->machine) + WAIT_NS))
            return RGT_E_TIMEOUT;
    }
    for (unsigned k = 0; k < depth; k++)
        rig_give(rig, s.seg[k].buf);
    return 0;
}

/* What a device offers by default, and the ring. */
static json_t *device_of(const struct row *row)
{
    json_t *device =
        json_pack("{s:i, s:[i,i,i,i,i]}", "capacity", (int)DISK_SECTORS,
                  "features", VIRTIO_F_VERSION_1, VIRTIO_F_INDIRECT_DESC,
                  VIRTIO_F_EVENT_IDX, VIRTIO_BLK_F_FLUSH, VIRTIO_BLK_F_SEG_MAX);

    if (row->packed)
        json_array_append_new(json_object_get(device, "features"),
                              json_integer(VIRTIO_F_RING_PACKED));
    return device;
}

static int bring_up(struct counting *c, const struct row *row)
{
    struct rig_machine_setup machine = {
        .sched = row->sched,
        .memory = FAKE_MEM_DIRECT,
        .seed = 1,
        .log = row->judge,
        .log_room = LOG_ROOM,
        .arena_bytes = ARENA_BYTES,
    };
    json_t *device = device_of(row);
    char err[256];
    int code = rig_start(&c->rig, &machine, device, &rig_dut_ringtrue, err,
                         sizeof(err));

    json_decref(device);
    start_counting(c);
    return code ? code : rig_open(&c->rig, UINT64_MAX, 0);
}

static int measure(struct row *row, unsigned round, uint64_t reads)
{
    struct counting c = {.kicks = 0};
    uint64_t start;
    int code = bring_up(&c, row);

    if (!code)
        code = read_blocks(&c, row->depth, reads / 8); /* warm up */
    c.kicks = c.irqs = 0;
    start = now_ns();
    if (!code)
        code = read_blocks(&c, row->depth, reads);
    row->ns[round] = (double)(now_ns() - start) / (double)reads;
    row->kicks[round] = (double)c.kicks / (double)reads;
    row->irqs[round] = (double)c.irqs / (double)reads;
    if (code)
        rig_complain("bench", "reads failed: %s", rgt_err_name(code));
    rig_stop(&c.rig);
    rig_free(&c.rig);
    return code;
}

static void print_row(struct row *r, unsigned rounds)
{
    double m = rig_median(r->ns, rounds);
    char spread[40];

    snprintf(spread, sizeof(spread), "(%.0f .. %.0f)", r->ns[0],
             r->ns[rounds - 1]);
    printf("  %-6s  %-9s  %5u  %-5s  %8.0f %-16s  %8.0f  %5.3f  %10.3f\n",
           r->packed ? "packed" : "split", rig_sched_name((int)r->sched),
           r->depth, r->judge ? "on" : "off", m, spread, 1e9 / m,
           rig_median(r->kicks, rounds), rig_median(r->irqs, rounds));
}

#define ROWS 16u

int rig_bench_reads(unsigned rounds, uint64_t reads)
{
    struct row rows[ROWS];

    memset(rows, 0, sizeof(rows));
    for (unsigned k = 0; k < ROWS; k++) {
        rows[k].packed = k & 8;
        rows[k].sched = k & 4 ? FAKE_SCHED_THREADS : FAKE_SCHED_STEP;
        rows[k].depth = k & 2 ? DEPTH_MAX : 1;
        rows[k].judge = k & 1;
    }
    for (unsigned round = 0; round < rounds; round++)
        for (unsigned k = 0; k < ROWS; k++)
            if (measure(&rows[k], round,
                        rows[k].depth == 1 ? reads / 4 : reads))
                return RIG_EXIT_BENCH;
    printf("4 KiB reads, reference driver, memory disk\n\n"
           "  ring    scheduler  depth  judge   ns/read (min .. max)       "
           "reads/s  kicks  interrupts\n");
    for (unsigned k = 0; k < ROWS; k++)
        print_row(&rows[k], rounds);
    return 0;
}
