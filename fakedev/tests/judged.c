/* SPDX-License-Identifier: MIT
 *
 * judged.c: see judged.h.
 */
#include "judged.h"

#define QUEUE 0u
#define QUEUE_SIZE 8u

void see(struct judged *j, enum fake_event_kind kind, uint16_t queue,
         uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    struct fake_event e = {.t_ns = 10 * j->number,
                           .kind = (uint16_t)kind,
                           .queue = queue,
                           .arg = {a, b, c, d}};

    if (!j->judge) {
        j->judge = fake_judge_new(&j->about);
        assert_non_null(j->judge);
    }
    fake_judge_see(j->judge, j->number++, &e);
}

static uint16_t queue_of(uint32_t offset)
{
    bool of_queue = (offset >= VIRTIO_MMIO_QUEUE_NUM_MAX &&
                     offset <= VIRTIO_MMIO_QUEUE_NOTIFY) ||
                    (offset >= VIRTIO_MMIO_QUEUE_DESC_LOW &&
                     offset <= VIRTIO_MMIO_QUEUE_DEVICE_HIGH) ||
                    offset == VIRTIO_MMIO_QUEUE_RESET;

    return of_queue ? QUEUE : FAKE_NO_QUEUE;
}

void access_as(struct judged *j, enum fake_event_kind kind, uint32_t offset,
               unsigned width, uint32_t value)
{
    bool kicks =
        kind == FAKE_EV_REG_WRITE && offset == VIRTIO_MMIO_QUEUE_NOTIFY;

    see(j, kind, queue_of(offset), offset, width, value, kicks ? j->avail : 0);
}

void wr(struct judged *j, uint32_t offset, uint32_t value)
{
    access_as(j, FAKE_EV_REG_WRITE, offset, 4, value);
}

void rd(struct judged *j, uint32_t offset, uint32_t value)
{
    access_as(j, FAKE_EV_REG_READ, offset, 4, value);
}

void set_status(struct judged *j, uint32_t value)
{
    j->status = value;
    wr(j, VIRTIO_MMIO_STATUS, value);
    if (value == 0)
        see(j, FAKE_EV_RESET, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

/* ---- initialisation ---- */

void write_features(struct judged *j, uint64_t accepted)
{
    wr(j, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
    wr(j, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)accepted);
    wr(j, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
    wr(j, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(accepted >> 32));
}

static void read_offer(struct judged *j)
{
    wr(j, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
    rd(j, VIRTIO_MMIO_DEVICE_FEATURES, (uint32_t)j->about.offered);
    wr(j, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    rd(j, VIRTIO_MMIO_DEVICE_FEATURES, (uint32_t)(j->about.offered >> 32));
}

static void read_capacity(struct judged *j)
{
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, j->generation);
    rd(j, VIRTIO_MMIO_CONFIG, (uint32_t)j->about.sectors);
    rd(j, VIRTIO_MMIO_CONFIG + 4, (uint32_t)(j->about.sectors >> 32));
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, j->generation);
}

void set_up_queue(struct judged *j)
{
    wr(j, VIRTIO_MMIO_QUEUE_SEL, QUEUE);
    rd(j, VIRTIO_MMIO_QUEUE_READY, 0);
    rd(j, VIRTIO_MMIO_QUEUE_NUM_MAX, j->about.queue_size_max);
    wr(j, VIRTIO_MMIO_QUEUE_NUM, QUEUE_SIZE);
    wr(j, VIRTIO_MMIO_QUEUE_DESC_LOW, 0);
    wr(j, VIRTIO_MMIO_QUEUE_DESC_HIGH, 1);
    wr(j, VIRTIO_MMIO_QUEUE_DRIVER_LOW, 0);
    wr(j, VIRTIO_MMIO_QUEUE_DRIVER_HIGH, 2);
    wr(j, VIRTIO_MMIO_QUEUE_DEVICE_LOW, 0);
    wr(j, VIRTIO_MMIO_QUEUE_DEVICE_HIGH, 3);
    wr(j, VIRTIO_MMIO_QUEUE_READY, 1);
    see(j, FAKE_EV_QUEUE_UP, QUEUE, QUEUE_SIZE, AT(1), AT(2), AT(3));
    see(j, FAKE_EV_QUEUE_INIT, QUEUE, 0, 0, 0, 0);
    j->avail = j->used = 0;
}

static void step(struct judged *j, enum stage stage)
{
    switch (stage) {
    case PROBE:
        rd(j, VIRTIO_MMIO_MAGIC_VALUE, VIRTIO_MMIO_MAGIC);
        rd(j, VIRTIO_MMIO_VERSION, VIRTIO_MMIO_VERSION_2);
        rd(j, VIRTIO_MMIO_DEVICE_ID, VIRTIO_ID_BLOCK);
        break;
    case RESET:
        set_status(j, 0);
        rd(j, VIRTIO_MMIO_STATUS, 0);
        break;
    case ACKNOWLEDGE:
        set_status(j, j->status | ACK);
        break;
    case DRIVER:
        set_status(j, j->status | DRV);
        break;
    case OFFER:
        read_offer(j);
        break;
    case FEATURES:
        write_features(j, j->about.offered & ~j->leave);
        break;
    case FEATURES_OK:
        set_status(j, j->status | FOK);
        break;
    case CONFIRM:
        rd(j, VIRTIO_MMIO_STATUS, j->status);
        break;
    case CONFIG:
        read_capacity(j);
        break;
    case QUEUES:
        set_up_queue(j);
        break;
    case DRIVER_OK:
        set_status(j, j->status | LIVE);
        break;
    }
}

void steps(struct judged *j, enum stage from, enum stage until)
{
    for (int s = (int)from; s <= (int)until; s++)
        step(j, (enum stage)s);
}

void bring_up(struct judged *j)
{
    see(j, FAKE_EV_OPEN, FAKE_NO_QUEUE, VIRTIO_ID_BLOCK, 0, 0, 0);
    steps(j, PROBE, DRIVER_OK);
    see(j, FAKE_EV_OPENED, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

void take_down(struct judged *j)
{
    see(j, FAKE_EV_CLOSE, FAKE_NO_QUEUE, 0, 0, 0, 0);
    set_status(j, 0);
    rd(j, VIRTIO_MMIO_STATUS, 0);
    see(j, FAKE_EV_CLOSED, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

void gives_up(struct judged *j, int code)
{
    see(j, FAKE_EV_OPENED, FAKE_NO_QUEUE, (uint32_t)code, 0, 0, 0);
    see(j, FAKE_EV_CLOSED, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

/* ---- requests ---- */

uint64_t submit(struct judged *j, unsigned op)
{
    uint64_t token = j->token++;

    see(j, FAKE_EV_SUBMIT, FAKE_NO_QUEUE, token, op, 0, 0);
    see(j, FAKE_EV_SUBMITTED, FAKE_NO_QUEUE, token, 0, 0, 0);
    return token;
}

void publish(struct judged *j)
{
    j->avail++;
}

void kick(struct judged *j)
{
    wr(j, VIRTIO_MMIO_QUEUE_NOTIFY, QUEUE);
}

void idle(struct judged *j)
{
    see(j, FAKE_EV_IDLE, QUEUE, j->avail, 0, 0, 0);
}

void desc(struct judged *j, unsigned index, uint64_t addr, uint32_t len,
          unsigned flags, unsigned next)
{
    see(j, FAKE_EV_DESC, QUEUE, index, addr, len,
        (uint64_t)flags | (uint64_t)next << 16);
}

void desc_in_table(struct judged *j, unsigned index, uint64_t addr,
                   uint32_t len, unsigned flags, unsigned next)
{
    see(j, FAKE_EV_DESC, QUEUE, index, addr, len,
        (uint64_t)flags | (uint64_t)next << 16 | UINT64_C(1) << 32);
}

/* Header in window 10, data in 11, status in 12. */
void take(struct judged *j, unsigned head, uint32_t type, uint64_t sector,
          uint32_t out, uint32_t in)
{
    unsigned at = head, count = 2;

    see(j, FAKE_EV_AVAIL, QUEUE, (uint16_t)(j->avail - 1), j->avail, 0, 0);
    desc(j, at, AT(10) + 16 * head, 16, NEXT, at + 1);
    at++;
    if (out || in) {
        desc(j, at, AT(11), out + in, NEXT | (in ? WRITE : 0), at + 1);
        at++;
        count = 3;
    }
    desc(j, at, AT(12) + head, 1, WRITE, 0);
    see(j, FAKE_EV_CHAIN, QUEUE, head, count, 16 + out, in + 1);
    see(j, FAKE_EV_REQUEST, QUEUE, type, sector, out, in);
}

void give_back(struct judged *j, unsigned head, uint32_t len)
{
    see(j, FAKE_EV_USED, QUEUE, head, len, ++j->used, 1);
}

void interrupt(struct judged *j)
{
    see(j, FAKE_EV_IRQ, FAKE_NO_QUEUE, 1, 0, 0, 0);
    see(j, FAKE_EV_IRQ_ENTER, FAKE_NO_QUEUE, 1, 0, 0, 0);
    rd(j, VIRTIO_MMIO_INTERRUPT_STATUS, 1);
    wr(j, VIRTIO_MMIO_INTERRUPT_ACK, 1);
    see(j, FAKE_EV_IRQ_LEAVE, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

void done(struct judged *j, uint64_t token, int code)
{
    see(j, FAKE_EV_DONE, FAKE_NO_QUEUE, token, (uint32_t)code, 0, 0);
}

/* The device suppresses kicks while it works and arms itself afterwards. */
uint64_t begin_request(struct judged *j, unsigned op, uint32_t type,
                       uint64_t sector, uint32_t out, uint32_t in)
{
    uint64_t token = submit(j, op);

    publish(j);
    kick(j);
    idle(j);
    see(j, FAKE_EV_SUPPRESSING, QUEUE, (uint16_t)(j->avail - 1), 0, 0, 0);
    see(j, FAKE_EV_SUPPRESSED, QUEUE, (uint16_t)(j->avail - 1),
        (uint16_t)(j->avail - 2), 0, 0);
    take(j, 0, type, sector, out, in);
    return token;
}

void end_request(struct judged *j, uint64_t token, int code, uint32_t out,
                 uint32_t in)
{
    give_back(j, 0, in + 1);
    interrupt(j);
    see(j, FAKE_EV_UNSHARE, FAKE_NO_QUEUE, AT(11), out + in, in != 0, 1);
    done(j, token, code);
    see(j, FAKE_EV_ARMING, QUEUE, j->avail, 0, 0, 0);
    see(j, FAKE_EV_ARMED, QUEUE, j->avail, j->avail, 0, 0);
}

static unsigned op_of(uint32_t type, uint32_t out)
{
    switch (type) {
    case VIRTIO_BLK_T_FLUSH:
        return OP_FLUSH;
    case VIRTIO_BLK_T_DISCARD:
        return OP_DISCARD;
    case VIRTIO_BLK_T_WRITE_ZEROES:
        return OP_WRITE_ZEROES;
    case VIRTIO_BLK_T_SECURE_ERASE:
        return OP_SECURE_ERASE;
    default:
        return out ? OP_WRITE : OP_READ;
    }
}

void request(struct judged *j, uint32_t type, uint64_t sector, uint32_t out,
             uint32_t in)
{
    uint64_t token = begin_request(j, op_of(type, out), type, sector, out, in);

    end_request(j, token, 0, out, in);
}

/* ---- segments ---- */

void range(struct judged *j, uint32_t type, uint64_t sector, uint32_t sectors,
           uint32_t flags)
{
    see(j, FAKE_EV_RANGE, QUEUE, type, sector, sectors, flags);
}

void ranges(struct judged *j, uint32_t type, uint64_t sector, uint32_t sectors,
            uint32_t flags)
{
    uint64_t token = begin_request(j, op_of(type, 16), type, 0, 16, 0);

    range(j, type, sector, sectors, flags);
    end_request(j, token, 0, 16, 0);
}

uint64_t submit_read(struct judged *j, uint64_t sector, uint32_t sectors)
{
    uint64_t token = j->token++;

    see(j, FAKE_EV_SUBMIT, FAKE_NO_QUEUE, token, OP_READ, sector,
        512 * (uint64_t)sectors);
    see(j, FAKE_EV_SUBMITTED, FAKE_NO_QUEUE, token, 0, 0, 0);
    return token;
}

void set_writeback(struct judged *j, uint32_t value)
{
    access_as(j, FAKE_EV_REG_WRITE, VIRTIO_MMIO_CONFIG + 32, 1, value);
}

void fault(struct judged *j, enum fake_fault f, uint64_t arg)
{
    see(j, FAKE_EV_FAULT, FAKE_NO_QUEUE, f, 1, arg, 0);
}
