/* SPDX-License-Identifier: MIT */
/* The moves of the guest: what a driver could do, right or wrong. */
#include "guest.h"
#include "law.h"
#include "ops.h"
#include "ringtrue/wire.h"

#define WAIT_US_MAX 20000u

static struct guest_memory *memory_arg(struct guest *g)
{
    return &g->memory[fuzz_u8(&g->in) % GUEST_MEMORIES];
}

/* ---- registers ----------------------------------------------------------- */

static uint32_t register_arg(struct guest *g)
{
    uint8_t n = fuzz_u8(&g->in);

    return n < 64 ? 4u * n : VIRTIO_MMIO_CONFIG + (n - 64u);
}

static void read_register(struct guest *g)
{
    uint32_t offset = register_arg(g);
    uint32_t width = (uint32_t)fuzz_number(&g->in);

    (void)guest_read(g, offset, width == 0 ? 4 : width);
}

static void write_register(struct guest *g)
{
    uint32_t offset = register_arg(g);

    guest_write(g, offset, offset < VIRTIO_MMIO_CONFIG ? 4 : 1,
                (uint32_t)fuzz_number(&g->in));
}

static void raw_read(struct guest *g)
{
    uint32_t offset = (uint32_t)fuzz_number(&g->in);

    (void)guest_read(g, offset, (uint32_t)fuzz_number(&g->in));
}

static void raw_write(struct guest *g)
{
    uint32_t offset = (uint32_t)fuzz_number(&g->in);
    uint32_t width = (uint32_t)fuzz_number(&g->in);

    guest_write(g, offset, width, (uint32_t)fuzz_number(&g->in));
}

/* ---- memory -------------------------------------------------------------- */

/* Where the guest may write by itself: not in what lies outside. Rings are
 * memories, too. */
static struct guest_memory *any_memory_arg(struct guest *g)
{
    uint8_t which = fuzz_u8(&g->in);

    if (which < GUEST_QUEUES)
        return &g->queue[which].ring;
    if (which == 0xff)
        return &g->work;
    return &g->memory[which % GUEST_MEMORIES];
}

static void poke(struct guest *g)
{
    struct guest_memory *at = any_memory_arg(g);
    uint64_t offset = fuzz_number(&g->in);
    unsigned count = fuzz_u8(&g->in);

    watch_open(&g->watch);
    for (; count > 0; count--, offset++) {
        uint8_t byte = fuzz_u8(&g->in);
        if (at->cpu && offset < at->bytes)
            at->cpu[offset] = byte;
    }
    watch_shut(&g->watch);
}

static void alloc(struct guest *g)
{
    size_t bytes = (size_t)fuzz_number(&g->in);
    size_t align = (size_t)1 << fuzz_number(&g->in) % 8;
    struct guest_memory *at = guest_memory_new(g);

    if (at)
        (void)guest_alloc(g, bytes, align, at);
}

static void share(struct guest *g)
{
    size_t bytes = (size_t)fuzz_number(&g->in) % (1u << 17);
    uint8_t how = fuzz_u8(&g->in);
    struct guest_memory *at = guest_memory_new(g);

    if (at)
        (void)guest_share(g, bytes,
                          (how & 1) != 0 ? FAKE_FROM_DEVICE : FAKE_TO_DEVICE,
                          (how & 2) != 0, at);
}

/* ---- time, and what happens to a machine --------------------------------- */

static void wait(struct guest *g)
{
    uint64_t before = fake_machine_now(g->m);
    uint64_t until = before + fuzz_number(&g->in) % WAIT_US_MAX * 1000;
    int line = fake_machine_wait(g->m, until);
    uint64_t now = fake_machine_now(g->m);

    FUZZ_LAW(line == 0 || line == 1, "wait returns %d", line);
    FUZZ_LAW(now >= before && (line == 1 || now >= until),
             "a wait that ends too early");
}

static void peek(struct guest *g)
{
    uint8_t to[512];
    uint64_t offset = fuzz_number(&g->in);
    size_t bytes = (size_t)(fuzz_number(&g->in) % sizeof(to));

    (void)fake_machine_peek(g->m, offset, to, bytes);
}

/* Those that the bench emits around the subject's calls, and the driver's own
 * that go through no register. */
static void emit(struct guest *g)
{
    static const uint16_t kinds[] = {
        FAKE_EV_OPEN,  FAKE_EV_OPENED,    FAKE_EV_SUBMIT,    FAKE_EV_SUBMITTED,
        FAKE_EV_DONE,  FAKE_EV_IRQ_ENTER, FAKE_EV_IRQ_LEAVE, FAKE_EV_RECOVER,
        FAKE_EV_CLOSE, FAKE_EV_CLOSED,    FAKE_EV_LOG,
    };
    const unsigned count = sizeof(kinds) / sizeof(kinds[0]);
    uint16_t kind = kinds[fuzz_u8(&g->in) % count];
    uint64_t arg[4];

    for (unsigned i = 0; i < 4; i++)
        arg[i] = fuzz_number(&g->in);
    fake_emit(&g->m->log, (enum fake_event_kind)kind, FAKE_NO_QUEUE, arg[0],
              arg[1], arg[2], arg[3]);
}

static void power_cut(struct guest *g)
{
    uint8_t survival = fuzz_u8(&g->in) % 3;

    if (!g->sound)
        fake_machine_power_cut(g->m, (enum fake_survival)survival);
}

static void plug(struct guest *g)
{
    uint8_t jack = fuzz_u8(&g->in);

    fake_machine_plug(g->m, jack, (fuzz_u8(&g->in) & 1) != 0);
}

static void wish(struct guest *g)
{
    unsigned queue = guest_queue_arg(g);
    uint8_t flags = fuzz_u8(&g->in);

    guest_wish(g, queue, flags, (uint16_t)fuzz_number(&g->in));
}

static void carry_out(struct guest *g, enum fuzz_guest_move move)
{
    unsigned queue;
    struct guest_memory *at;

    switch (move) {
    case FUZZ_GO_SET_UP:
        guest_set_up(g);
        break;
    case FUZZ_GO_READ:
        read_register(g);
        break;
    case FUZZ_GO_WRITE:
        write_register(g);
        break;
    case FUZZ_GO_RAW_READ:
        raw_read(g);
        break;
    case FUZZ_GO_RAW_WRITE:
        raw_write(g);
        break;
    case FUZZ_GO_BLK:
        guest_blk(g);
        break;
    case FUZZ_GO_CONTROL:
        guest_control(g);
        break;
    case FUZZ_GO_FRAMES:
        guest_frames(g);
        break;
    case FUZZ_GO_CHAIN:
        guest_any_chain(g);
        break;
    case FUZZ_GO_KICK:
        queue = guest_queue_arg(g);
        guest_kick(g, queue, fuzz_u8(&g->in));
        break;
    case FUZZ_GO_JUMP:
        queue = guest_queue_arg(g);
        guest_jump(g, queue, (uint16_t)fuzz_number(&g->in));
        break;
    case FUZZ_GO_WISH:
        wish(g);
        break;
    case FUZZ_GO_POKE:
        poke(g);
        break;
    case FUZZ_GO_ALLOC:
        alloc(g);
        break;
    case FUZZ_GO_FREE:
        at = memory_arg(g);
        guest_free(g, at, fuzz_u8(&g->in) % 4);
        break;
    case FUZZ_GO_SHARE:
        share(g);
        break;
    case FUZZ_GO_UNSHARE:
        at = memory_arg(g);
        guest_unshare(g, at, fuzz_u8(&g->in));
        break;
    case FUZZ_GO_WAIT:
        wait(g);
        break;
    case FUZZ_GO_NOW:
        (void)fake_machine_now(g->m);
        break;
    case FUZZ_GO_PLUG:
        plug(g);
        break;
    case FUZZ_GO_POWER_CUT:
        power_cut(g);
        break;
    case FUZZ_GO_RESIZE:
        (void)fake_machine_resize(g->m, fuzz_number(&g->in));
        break;
    case FUZZ_GO_PEEK:
        peek(g);
        break;
    case FUZZ_GO_EMIT:
        emit(g);
        break;
    case FUZZ_GUEST_MOVE_COUNT:
        break;
    }
}

void guest_move(struct guest *g)
{
    watch_begin(&g->watch);
    carry_out(g,
              (enum fuzz_guest_move)(fuzz_u8(&g->in) % FUZZ_GUEST_MOVE_COUNT));
    watch_moved(&g->watch);
}
