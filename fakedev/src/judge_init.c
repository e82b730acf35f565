/* SPDX-License-Identifier: MIT
 *
 * judge_init.c: device status, reset, features and the order of
 * initialisation (2.1, 2.2, 2.4, 3.1, 6.1).
 */
#include "judge_internal.h"

#define INIT_BITS                                                              \
    (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |                        \
     VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK)

static bool is_access(const struct fake_event *e)
{
    return e->kind == FAKE_EV_REG_READ || e->kind == FAKE_EV_REG_WRITE;
}

static bool is_reset(const struct fake_event *e)
{
    return is_write(e, VIRTIO_MMIO_STATUS) && e->arg[2] == 0;
}

/* Registers that program a queue. */
static bool is_queue_setup(const struct fake_event *e)
{
    return e->kind == FAKE_EV_REG_WRITE &&
           (e->arg[0] == VIRTIO_MMIO_QUEUE_NUM ||
            (e->arg[0] == VIRTIO_MMIO_QUEUE_READY && e->arg[2] != 0) ||
            (e->arg[0] >= VIRTIO_MMIO_QUEUE_DESC_LOW &&
             e->arg[0] <= VIRTIO_MMIO_QUEUE_DEVICE_HIGH));
}

/* ---- 2.1.1 ---- */

static void bits_follow_the_steps(struct fake_judge *j,
                                  const struct fake_event *e)
{
    uint32_t fresh = fresh_status(&j->view, e);
    uint32_t known = INIT_BITS | VIRTIO_STATUS_FAILED;
    bool kept = !(fresh & ~(known | VIRTIO_STATUS_DEVICE_NEEDS_RESET));

    if (!fresh)
        return;
    if (fresh & VIRTIO_STATUS_DEVICE_NEEDS_RESET && !j->view.needs_reset)
        kept = false;
    if (fresh & VIRTIO_STATUS_FEATURES_OK &&
        !(j->view.status & VIRTIO_STATUS_DRIVER))
        kept = false;
    JUDGE(j, kept, "each status bit set when its step is done, not earlier",
          "status 0x%02x written over 0x%02x", (unsigned)e->arg[2],
          j->view.status);
}

static void no_bit_is_dropped(struct fake_judge *j, const struct fake_event *e)
{
    uint32_t value = (uint32_t)e->arg[2];

    if (is_write(e, VIRTIO_MMIO_STATUS) && value != 0 && !j->view.status_lost)
        JUDGE(j, !(j->view.status & ~value & ~VIRTIO_STATUS_DEVICE_NEEDS_RESET),
              "a superset of the bits set before",
              "status 0x%02x written over 0x%02x", value, j->view.status);
}

static void failed_ends_with_a_reset(struct fake_judge *j,
                                     const struct fake_event *e)
{
    if (j->view.status & VIRTIO_STATUS_FAILED &&
        is_write(e, VIRTIO_MMIO_STATUS))
        JUDGE(j, e->arg[2] == 0 || e->arg[2] == j->view.status,
              "a reset before anything else after FAILED",
              "status 0x%02x written", (unsigned)e->arg[2]);
}

static void no_success_without_the_device(struct fake_judge *j,
                                          const struct fake_event *e)
{
    if (e->kind == FAKE_EV_STATUS)
        judge_applies(j); /* from here on */
    else if (j->view.needs_reset && e->arg[1] == 0 &&
             (is_sound(j) || !view_blk_by_registers(&j->view.blk, e->arg[0])))
        JUDGE(j, j->view.done_ok < j->view.used,
              "no success reported for what the device never completed",
              "request %llu reported done while the device needs a reset",
              (unsigned long long)e->arg[0]);
}

/* ---- 2.2.1 and 6.1: what is accepted, at the moment it is settled ---- */

/* A driver that wrote none at all breaks 3.1.1, not these. */
static bool settles_features(struct fake_judge *j, const struct fake_event *e)
{
    return fresh_status(&j->view, e) & VIRTIO_STATUS_FEATURES_OK &&
           j->view.features_written;
}

static void accepts_a_subset(struct fake_judge *j, const struct fake_event *e)
{
    uint64_t extra = j->view.accepted & ~j->about.offered;

    if (settles_features(j, e))
        JUDGE(j, extra == 0 && !j->view.accepted_beyond,
              "only features that the device offers",
              "accepted but not offered: 0x%llx%s", (unsigned long long)extra,
              j->view.accepted_beyond ? ", and bits from 64 on" : "");
}

static void accepts(struct fake_judge *j, const struct fake_event *e,
                    unsigned bit, const char *expected)
{
    if (settles_features(j, e) && offers(j, bit))
        JUDGE(j, has_feature(&j->view, bit), expected,
              "feature bit %u offered and not accepted", bit);
}

static void accepts_version_1(struct fake_judge *j, const struct fake_event *e)
{
    accepts(j, e, VIRTIO_F_VERSION_1, "VIRTIO_F_VERSION_1 accepted");
}

static void accepts_access_platform(struct fake_judge *j,
                                    const struct fake_event *e)
{
    accepts(j, e, VIRTIO_F_ACCESS_PLATFORM,
            "VIRTIO_F_ACCESS_PLATFORM accepted");
}

static void accepts_ring_packed(struct fake_judge *j,
                                const struct fake_event *e)
{
    accepts(j, e, VIRTIO_F_RING_PACKED, "VIRTIO_F_RING_PACKED accepted");
}

static void accepts_order_platform(struct fake_judge *j,
                                   const struct fake_event *e)
{
    accepts(j, e, VIRTIO_F_ORDER_PLATFORM, "VIRTIO_F_ORDER_PLATFORM accepted");
}

static void leaves_sr_iov(struct fake_judge *j, const struct fake_event *e)
{
    if (settles_features(j, e) && offers(j, VIRTIO_F_SR_IOV))
        JUDGE(j, !has_feature(&j->view, VIRTIO_F_SR_IOV),
              "VIRTIO_F_SR_IOV left alone on a device that is not PCI",
              "VIRTIO_F_SR_IOV accepted");
}

/* A device that offers what is needed, agrees and has a queue that can hold a
 * request gives no reason to give up. */
static bool nothing_failed(const struct fake_judge *j)
{
    return !j->about.nonsense && offers(j, VIRTIO_F_VERSION_1) &&
           !j->view.features_refused &&
           view_queue_holds(&j->view, j->about.queue_size_max) &&
           !j->view.queue_absent && !j->view.needs_reset &&
           !j->view.reset_pending && !j->view.ailing;
}

static bool config_is_padded(const struct fake_judge *j)
{
    return j->about.config_bytes > judge_config_known(j);
}

static void falls_back(struct fake_judge *j, const struct fake_event *e)
{
    if (config_is_padded(j) || !nothing_failed(j))
        return;
    if (fresh_status(&j->view, e) & VIRTIO_STATUS_FAILED && !j->view.live_ever)
        judge_broken(j, "works without the features that are not offered",
                     "FAILED set on a working device");
    else if (fresh_status(&j->view, e) & VIRTIO_STATUS_DRIVER_OK)
        judge_applies(j);
}

static void accepts_a_longer_config(struct fake_judge *j,
                                    const struct fake_event *e)
{
    if (!config_is_padded(j) || !nothing_failed(j))
        return;
    if (fresh_status(&j->view, e) & VIRTIO_STATUS_FAILED && !j->view.live_ever)
        judge_broken(j, "a config space longer than known is accepted",
                     "FAILED set; config space is %u bytes long",
                     j->about.config_bytes);
    else if (fresh_status(&j->view, e) & VIRTIO_STATUS_DRIVER_OK)
        judge_applies(j);
}

/* The attempt to initialise is over. */
static bool gave_up(const struct fake_judge *j, const struct fake_event *e)
{
    bool over = e->kind == FAKE_EV_CLOSED ||
                (e->kind == FAKE_EV_OPENED && e->arg[0] != 0);

    /* One that is gone cannot be told. */
    return over && j->view.ack_ever && !j->view.live_ever &&
           j->view.presence == VIEW_THERE;
}

static void sets_failed_without_version_1(struct fake_judge *j,
                                          const struct fake_event *e)
{
    if (gave_up(j, e) && !offers(j, VIRTIO_F_VERSION_1))
        JUDGE(j, j->view.failed_ever,
              "FAILED set when a feature it needs is not offered",
              "gave up with status 0x%02x", j->view.status);
}

static void sets_failed(struct fake_judge *j, const struct fake_event *e)
{
    if (gave_up(j, e) && offers(j, VIRTIO_F_VERSION_1))
        JUDGE(j, j->view.failed_ever, "FAILED set by a driver that gives up",
              "gave up with status 0x%02x", j->view.status);
}

/* ---- 2.4.2 ---- */

static void waits_for_the_reset(struct fake_judge *j,
                                const struct fake_event *e)
{
    if (!j->view.reset_pending || !is_access(e))
        return;
    JUDGE(j,
          is_read(e, VIRTIO_MMIO_STATUS) || is_reset(e) ||
              fresh_status(&j->view, e) == VIRTIO_STATUS_FAILED,
          "only reads of Status until it yields 0 after a reset",
          "%s of offset 0x%03x", e->kind == FAKE_EV_REG_READ ? "read" : "write",
          (unsigned)e->arg[0]);
}

/* ---- 3.1.1 ---- */

static bool identifies(const struct fake_event *e)
{
    return e->kind == FAKE_EV_REG_READ && (e->arg[0] <= VIRTIO_MMIO_VENDOR_ID ||
                                           e->arg[0] == VIRTIO_MMIO_STATUS);
}

static void resets_first(struct fake_judge *j, const struct fake_event *e)
{
    if (j->view.reset_ever || !is_access(e) || identifies(e))
        return;
    /* Only what belongs to initialising this device counts: accesses that
     * are wrong in themselves have clauses of their own. */
    if (is_write(e, VIRTIO_MMIO_STATUS) ||
        is_read(e, VIRTIO_MMIO_DEVICE_FEATURES) ||
        is_write(e, VIRTIO_MMIO_DRIVER_FEATURES) || is_queue_setup(e) ||
        (e->kind == FAKE_EV_REG_READ && e->arg[0] >= VIRTIO_MMIO_CONFIG))
        JUDGE(j, is_reset(e), "a reset (0 to Status) before anything else",
              "%s of offset 0x%03x",
              e->kind == FAKE_EV_REG_READ ? "read" : "write",
              (unsigned)e->arg[0]);
}

static void acknowledges_first(struct fake_judge *j, const struct fake_event *e)
{
    uint32_t fresh = fresh_status(&j->view, e);

    fresh &= ~VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    if (fresh && j->view.status == 0 && fresh != VIRTIO_STATUS_FAILED)
        JUDGE(j, fresh & VIRTIO_STATUS_ACKNOWLEDGE,
              "ACKNOWLEDGE as the first bit after the reset",
              "status 0x%02x written first", fresh);
}

static void driver_is_a_step(struct fake_judge *j, const struct fake_event *e)
{
    uint32_t fresh = fresh_status(&j->view, e);

    if (fresh & VIRTIO_STATUS_DRIVER &&
        (j->view.status | fresh) & VIRTIO_STATUS_ACKNOWLEDGE)
        JUDGE(j, j->view.status & VIRTIO_STATUS_ACKNOWLEDGE,
              "DRIVER set after ACKNOWLEDGE, in a write of its own",
              "status 0x%02x written over 0x%02x", (unsigned)e->arg[2],
              j->view.status);
}

static void features_follow_driver(struct fake_judge *j,
                                   const struct fake_event *e)
{
    if (is_write(e, VIRTIO_MMIO_DRIVER_FEATURES) && j->view.reset_ever &&
        !(j->view.status & VIRTIO_STATUS_FEATURES_OK))
        JUDGE(j, j->view.status & VIRTIO_STATUS_DRIVER && j->view.features_read,
              "offered features read and a subset written, after DRIVER",
              "features written with status 0x%02x, offer %s", j->view.status,
              j->view.features_read ? "read" : "not read");
}

static void config_unwritten_before_features(struct fake_judge *j,
                                             const struct fake_event *e)
{
    if (fresh_status(&j->view, e) & VIRTIO_STATUS_FEATURES_OK)
        judge_applies(j); /* nothing was written in time */
    else if (e->kind == FAKE_EV_REG_WRITE && e->arg[0] >= VIRTIO_MMIO_CONFIG)
        JUDGE(j, j->view.status & VIRTIO_STATUS_FEATURES_OK,
              "no config write before FEATURES_OK",
              "config offset 0x%02x written with status 0x%02x",
              (unsigned)(e->arg[0] - VIRTIO_MMIO_CONFIG), j->view.status);
}

static void features_ok_follows_features(struct fake_judge *j,
                                         const struct fake_event *e)
{
    uint32_t fresh = fresh_status(&j->view, e);

    if (fresh & VIRTIO_STATUS_FEATURES_OK)
        JUDGE(j, j->view.features_written,
              "FEATURES_OK after the accepted features were written",
              "FEATURES_OK set, no features written");
    else if (fresh & VIRTIO_STATUS_DRIVER_OK && !j->view.features_refused)
        JUDGE(j, j->view.status & VIRTIO_STATUS_FEATURES_OK,
              "FEATURES_OK before DRIVER_OK", "DRIVER_OK without FEATURES_OK");
}

static void features_stay(struct fake_judge *j, const struct fake_event *e)
{
    if (fresh_status(&j->view, e) & VIRTIO_STATUS_DRIVER_OK)
        judge_applies(j);
    else if (is_write(e, VIRTIO_MMIO_DRIVER_FEATURES))
        JUDGE(j, !(j->view.status & VIRTIO_STATUS_FEATURES_OK),
              "no feature accepted after FEATURES_OK",
              "0x%08x written to DriverFeatures", (unsigned)e->arg[2]);
}

static void rereads_status(struct fake_judge *j, const struct fake_event *e)
{
    if (!j->view.features_unchecked || !is_access(e))
        return;
    JUDGE(j, is_read(e, VIRTIO_MMIO_STATUS) || is_reset(e),
          "Status read again right after FEATURES_OK",
          "access to offset 0x%03x instead", (unsigned)e->arg[0]);
}

static void stops_when_refused(struct fake_judge *j, const struct fake_event *e)
{
    if (!j->view.features_refused)
        return;
    JUDGE(j,
          !is_queue_setup(e) &&
              !(fresh_status(&j->view, e) & VIRTIO_STATUS_DRIVER_OK),
          "no queue set-up and no DRIVER_OK once FEATURES_OK reads clear",
          "0x%x written to offset 0x%03x", (unsigned)e->arg[2],
          (unsigned)e->arg[0]);
}

static void queues_between_features_and_live(struct fake_judge *j,
                                             const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);
    uint32_t s = j->view.status;

    if (q && q->was_reset)
        return; /* enabled again by itself (2.6.1.2) */
    if (!is_queue_setup(e) || !j->view.reset_ever || j->view.features_refused ||
        j->view.features_unchecked || s & VIRTIO_STATUS_FAILED)
        return;
    JUDGE(j, s & VIRTIO_STATUS_FEATURES_OK && !(s & VIRTIO_STATUS_DRIVER_OK),
          "queues set up after FEATURES_OK was confirmed and before DRIVER_OK",
          "0x%x written to offset 0x%03x with status 0x%02x",
          (unsigned)e->arg[2], (unsigned)e->arg[0], s);
}

static void driver_ok_is_last(struct fake_judge *j, const struct fake_event *e)
{
    uint32_t fresh = fresh_status(&j->view, e);

    if (fresh & VIRTIO_STATUS_DRIVER_OK)
        /* A bit of the device's that was read is no step of the driver's. */
        JUDGE(j,
              (fresh & ~VIRTIO_STATUS_DEVICE_NEEDS_RESET) ==
                  VIRTIO_STATUS_DRIVER_OK,
              "DRIVER_OK last, in a write of its own",
              "status 0x%02x written over 0x%02x", (unsigned)e->arg[2],
              j->view.status);
    else if (e->kind == FAKE_EV_OPENED && e->arg[0] == 0 &&
             j->view.presence == VIEW_THERE)
        JUDGE(j, j->view.status & VIRTIO_STATUS_DRIVER_OK,
              "DRIVER_OK set before the device is used",
              "opened with status 0x%02x", j->view.status);
}

static void gives_up_for_good(struct fake_judge *j, const struct fake_event *e)
{
    if (!(j->view.status & VIRTIO_STATUS_FAILED) ||
        is_write(e, VIRTIO_MMIO_STATUS) ||
        is_write(e, VIRTIO_MMIO_INTERRUPT_ACK))
        return;
    if (e->kind == FAKE_EV_CLOSED) {
        judge_applies(j);
        return;
    }
    /* Taking queues down is not going on. */
    JUDGE(j,
          is_write(e, VIRTIO_MMIO_QUEUE_SEL) ||
              (is_write(e, VIRTIO_MMIO_QUEUE_READY) && e->arg[2] == 0),
          "initialisation not continued after FAILED",
          "0x%x written to offset 0x%03x", (unsigned)e->arg[2],
          (unsigned)e->arg[0]);
}

static void no_kick_before_live(struct fake_judge *j,
                                const struct fake_event *e)
{
    if (is_write(e, VIRTIO_MMIO_QUEUE_NOTIFY))
        JUDGE(j, j->view.status & VIRTIO_STATUS_DRIVER_OK,
              "no kick before DRIVER_OK", "queue %u kicked with status 0x%02x",
              e->queue, j->view.status);
}

const struct judge_entry judge_init_entries[] = {
    {"drv-2.1.1-1", ON(REG_WRITE), bits_follow_the_steps},
    {"drv-2.1.1-2", ON(REG_WRITE), no_bit_is_dropped},
    {"drv-2.1.1-3", ON(REG_WRITE), failed_ends_with_a_reset},
    {"drv-2.1.1-4", ON(DONE) | ON(STATUS), no_success_without_the_device},
    {"drv-2.2.1-1", ON(REG_WRITE), accepts_a_subset},
    {"drv-2.2.1-3", ON(REG_WRITE), falls_back},
    {"drv-2.2.1-4", ON(OPENED) | ON(CLOSED), sets_failed_without_version_1},
    {"drv-2.4.2-1", ON(REG_READ) | ON(REG_WRITE), waits_for_the_reset},
    {"drv-2.5.1-5", ON(REG_WRITE), accepts_a_longer_config},
    {"drv-3.1.1-1", ON(REG_READ) | ON(REG_WRITE), resets_first},
    {"drv-3.1.1-2", ON(REG_WRITE), acknowledges_first},
    {"drv-3.1.1-3", ON(REG_WRITE), driver_is_a_step},
    {"drv-3.1.1-4", ON(REG_WRITE), features_follow_driver},
    {"drv-3.1.1-6", ON(REG_WRITE), config_unwritten_before_features},
    {"drv-3.1.1-7", ON(REG_WRITE), features_ok_follows_features},
    {"drv-3.1.1-8", ON(REG_WRITE), features_stay},
    {"drv-3.1.1-9", ON(REG_READ) | ON(REG_WRITE), rereads_status},
    {"drv-3.1.1-10", ON(REG_WRITE) | ON(CLOSED), stops_when_refused},
    {"drv-3.1.1-11", ON(REG_WRITE), queues_between_features_and_live},
    {"drv-3.1.1-12", ON(REG_WRITE) | ON(OPENED), driver_ok_is_last},
    {"drv-3.1.1-13", ON(OPENED) | ON(CLOSED), sets_failed},
    {"drv-3.1.1-14", ON(REG_WRITE) | ON(CLOSED), gives_up_for_good},
    {"drv-3.1.1-15", ON(REG_WRITE), no_kick_before_live},
    {"drv-6.1-1", ON(REG_WRITE), accepts_version_1},
    {"drv-6.1-3", ON(REG_WRITE), accepts_access_platform},
    {"drv-6.1-6", ON(REG_WRITE), accepts_ring_packed},
    {"drv-6.1-7", ON(REG_WRITE), accepts_order_platform},
    {"drv-6.1-10", ON(REG_WRITE), leaves_sr_iov},
};
const size_t judge_init_count =
    sizeof(judge_init_entries) / sizeof(judge_init_entries[0]);
