/* SPDX-License-Identifier: MIT
 *
 * judge_mmio.c: the virtio-mmio register file and its interrupt (4.2).
 */
#include "judge_internal.h"

enum direction { R = 1, W = 2, RW = 3 };

struct reg {
    uint16_t offset;
    uint8_t dir;
};

/* 4.2.2, table 4.1 */
static const struct reg regs[] = {
    {VIRTIO_MMIO_MAGIC_VALUE, R},       {VIRTIO_MMIO_VERSION, R},
    {VIRTIO_MMIO_DEVICE_ID, R},         {VIRTIO_MMIO_VENDOR_ID, R},
    {VIRTIO_MMIO_DEVICE_FEATURES, R},   {VIRTIO_MMIO_DEVICE_FEATURES_SEL, W},
    {VIRTIO_MMIO_DRIVER_FEATURES, W},   {VIRTIO_MMIO_DRIVER_FEATURES_SEL, W},
    {VIRTIO_MMIO_QUEUE_SEL, W},         {VIRTIO_MMIO_QUEUE_NUM_MAX, R},
    {VIRTIO_MMIO_QUEUE_NUM, W},         {VIRTIO_MMIO_QUEUE_READY, RW},
    {VIRTIO_MMIO_QUEUE_NOTIFY, W},      {VIRTIO_MMIO_INTERRUPT_STATUS, R},
    {VIRTIO_MMIO_INTERRUPT_ACK, W},     {VIRTIO_MMIO_STATUS, RW},
    {VIRTIO_MMIO_QUEUE_DESC_LOW, W},    {VIRTIO_MMIO_QUEUE_DESC_HIGH, W},
    {VIRTIO_MMIO_QUEUE_DRIVER_LOW, W},  {VIRTIO_MMIO_QUEUE_DRIVER_HIGH, W},
    {VIRTIO_MMIO_QUEUE_DEVICE_LOW, W},  {VIRTIO_MMIO_QUEUE_DEVICE_HIGH, W},
    {VIRTIO_MMIO_SHM_SEL, W},           {VIRTIO_MMIO_SHM_LEN_LOW, R},
    {VIRTIO_MMIO_SHM_LEN_HIGH, R},      {VIRTIO_MMIO_SHM_BASE_LOW, R},
    {VIRTIO_MMIO_SHM_BASE_HIGH, R},     {VIRTIO_MMIO_QUEUE_RESET, RW},
    {VIRTIO_MMIO_CONFIG_GENERATION, R},
};

/* Directions of the register at this offset, 0: none is there. */
static unsigned direction_of(uint64_t offset)
{
    for (size_t k = 0; k < sizeof(regs) / sizeof(regs[0]); k++)
        if (regs[k].offset == offset)
            return regs[k].dir;
    return 0;
}

static bool is_control(const struct fake_event *e)
{
    return e->arg[0] < VIRTIO_MMIO_CONFIG;
}

static void touches_only_registers(struct fake_judge *j,
                                   const struct fake_event *e)
{
    bool listed;

    if (is_control(e))
        /* An access inside a register is one of wrong width or alignment. */
        listed = direction_of(e->arg[0] & ~UINT64_C(3)) != 0;
    else
        listed =
            e->arg[0] + e->arg[1] <= VIRTIO_MMIO_CONFIG + judge_config_known(j);
    JUDGE(j, listed, "only offsets that 4.2.2 or the device type define",
          "%u-byte %s at offset 0x%03x", (unsigned)e->arg[1],
          e->kind == FAKE_EV_REG_READ ? "read" : "write", (unsigned)e->arg[0]);
}

static void writes_no_read_only(struct fake_judge *j,
                                const struct fake_event *e)
{
    if (is_control(e))
        JUDGE(j, direction_of(e->arg[0]) != R,
              "no write to a register marked R",
              "0x%x written to offset 0x%03x", (unsigned)e->arg[2],
              (unsigned)e->arg[0]);
}

static void reads_no_write_only(struct fake_judge *j,
                                const struct fake_event *e)
{
    if (is_control(e))
        JUDGE(j, direction_of(e->arg[0]) != W, "no read of a register marked W",
              "offset 0x%03x read", (unsigned)e->arg[0]);
}

static void control_access_is_32_bit(struct fake_judge *j,
                                     const struct fake_event *e)
{
    if (is_control(e) && direction_of(e->arg[0] & ~UINT64_C(3)))
        JUDGE(j, e->arg[1] == 4 && e->arg[0] % 4 == 0,
              "aligned 32-bit access to control registers",
              "%u-byte %s at offset 0x%03x", (unsigned)e->arg[1],
              e->kind == FAKE_EV_REG_READ ? "read" : "write",
              (unsigned)e->arg[0]);
}

/* ---- is this a device for us? ---- */

static void left_alone(struct fake_judge *j, const struct fake_event *e,
                       bool stranger, const char *expected)
{
    if (stranger && (e->kind == FAKE_EV_REG_WRITE || e->kind == FAKE_EV_CLOSED))
        JUDGE(j, e->kind == FAKE_EV_CLOSED, expected,
              "0x%x written to offset 0x%03x", (unsigned)e->arg[2],
              (unsigned)e->arg[0]);
}

static void leaves_wrong_magic(struct fake_judge *j, const struct fake_event *e)
{
    left_alone(j, e, j->view.magic_read && j->view.magic != VIRTIO_MMIO_MAGIC,
               "a device with a wrong MagicValue left alone");
}

static void leaves_wrong_version(struct fake_judge *j,
                                 const struct fake_event *e)
{
    left_alone(j, e,
               j->view.version_read && j->view.version != VIRTIO_MMIO_VERSION_2,
               "a device of another Version left alone");
}

static bool is_placeholder(const struct fake_judge *j)
{
    return j->view.id_read && j->view.id == 0;
}

static void leaves_placeholder(struct fake_judge *j, const struct fake_event *e)
{
    left_alone(j, e, is_placeholder(j), "a device with DeviceID 0 left alone");
}

static void abandons_placeholder(struct fake_judge *j,
                                 const struct fake_event *e)
{
    if (is_write(e, VIRTIO_MMIO_STATUS) || e->kind == FAKE_EV_CLOSED)
        left_alone(j, e, is_placeholder(j),
                   "initialisation abandoned at DeviceID 0");
}

static void touches_no_placeholder(struct fake_judge *j,
                                   const struct fake_event *e)
{
    if (!is_placeholder(j))
        return;
    JUDGE(j, e->kind == FAKE_EV_CLOSED, "no register accessed after DeviceID 0",
          "access to offset 0x%03x", (unsigned)e->arg[0]);
}

static void placeholder_is_no_error(struct fake_judge *j,
                                    const struct fake_event *e)
{
    if (!is_placeholder(j))
        return;
    if (e->kind == FAKE_EV_LOG)
        judge_broken(j, "DeviceID 0 not reported as an error",
                     "a line was logged");
    else
        JUDGE(j, (int32_t)e->arg[0] == RGT_E_NODEV || e->arg[0] == 0,
              "DeviceID 0 not reported as an error", "open failed with code %d",
              (int)(int32_t)e->arg[0]);
}

static void identifies_first(struct fake_judge *j, const struct fake_event *e)
{
    uint64_t at = e->arg[0];
    bool kept = e->kind == FAKE_EV_REG_READ &&
                (at == VIRTIO_MMIO_MAGIC_VALUE || at == VIRTIO_MMIO_VERSION);

    if (j->view.accesses < 2)
        JUDGE(j, kept, "MagicValue and Version read before anything else",
              "access %u went to offset 0x%03x", j->view.accesses + 1,
              (unsigned)at);
}

static void reads_id_next(struct fake_judge *j, const struct fake_event *e)
{
    bool valid = j->view.magic_read && j->view.version_read &&
                 j->view.magic == VIRTIO_MMIO_MAGIC &&
                 j->view.version == VIRTIO_MMIO_VERSION_2;

    if (valid && !j->view.id_read && j->view.accesses == 2)
        JUDGE(j, is_read(e, VIRTIO_MMIO_DEVICE_ID),
              "DeviceID read right after MagicValue and Version",
              "access to offset 0x%03x", (unsigned)e->arg[0]);
}

static void leaves_shared_memory(struct fake_judge *j,
                                 const struct fake_event *e)
{
    JUDGE(j,
          e->arg[0] < VIRTIO_MMIO_SHM_SEL ||
              e->arg[0] > VIRTIO_MMIO_SHM_BASE_HIGH,
          "no access to the SHM registers", "access to offset 0x%03x",
          (unsigned)e->arg[0]);
}

/* ---- features and queues ---- */

static void selects_device_features(struct fake_judge *j,
                                    const struct fake_event *e)
{
    if (is_read(e, VIRTIO_MMIO_DEVICE_FEATURES))
        JUDGE(j, j->view.device_sel_written,
              "DeviceFeaturesSel written before DeviceFeatures is read",
              "DeviceFeatures read first");
}

static void selects_driver_features(struct fake_judge *j,
                                    const struct fake_event *e)
{
    if (is_write(e, VIRTIO_MMIO_DRIVER_FEATURES))
        JUDGE(j, j->view.driver_sel_written,
              "DriverFeaturesSel written before DriverFeatures",
              "DriverFeatures written first");
}

static void queue_size_is_offered(struct fake_judge *j,
                                  const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);
    uint32_t max = q && q->max_read ? q->max : j->about.queue_size_max;

    if (is_write(e, VIRTIO_MMIO_QUEUE_NUM))
        JUDGE(j, e->arg[2] <= max, "QueueNum at most QueueNumMax",
              "QueueNum %u, QueueNumMax %u", (unsigned)e->arg[2], max);
}

static void leaves_ready_queue(struct fake_judge *j, const struct fake_event *e)
{
    const struct view_queue *q = view_queue_of(&j->view, e);
    uint64_t at = e->arg[0];

    if (q &&
        (at == VIRTIO_MMIO_QUEUE_NUM || (at >= VIRTIO_MMIO_QUEUE_DESC_LOW &&
                                         at <= VIRTIO_MMIO_QUEUE_DEVICE_HIGH)))
        JUDGE(j, q->ready == 0,
              "settings of a queue left alone while QueueReady is not 0",
              "access to offset 0x%03x of queue %u", (unsigned)at, e->queue);
}

/* To free memory is to rely on the stop, like to go on. */
static void reads_stop_back(struct fake_judge *j, const struct fake_event *e)
{
    if (is_read(e, VIRTIO_MMIO_INTERRUPT_STATUS) ||
        is_write(e, VIRTIO_MMIO_INTERRUPT_ACK))
        return; /* an interrupt in between */
    for (unsigned k = 0; k < FAKE_QUEUES_MAX; k++)
        if (j->view.queue[k].stop_unread)
            JUDGE(j,
                  is_read(e, VIRTIO_MMIO_QUEUE_READY) ||
                      is_write(e, VIRTIO_MMIO_QUEUE_SEL) ||
                      is_write(e, VIRTIO_MMIO_STATUS),
                  "QueueReady read back after 0 was written to it",
                  "queue %u used on without reading it back", k);
        else if (j->view.queue[k].ready && is_write(e, VIRTIO_MMIO_STATUS) &&
                 e->arg[2] == 0)
            judge_applies(j); /* a reset stops it as well */
}

/* ---- interrupts ---- */

#define KNOWN_BITS (VIRTIO_MMIO_INT_USED_BUFFER | VIRTIO_MMIO_INT_CONFIG_CHANGE)

static void reads_the_cause(struct fake_judge *j, const struct fake_event *e)
{
    (void)e;
    JUDGE(j, j->view.irq_read, "InterruptStatus read after an interrupt",
          "interrupt handled without reading it");
}

static void acknowledges(struct fake_judge *j, const struct fake_event *e)
{
    (void)e;
    JUDGE(j,
          j->view.irq_acked ||
              (j->view.irq_read && !(j->view.irq_bits & KNOWN_BITS)),
          "InterruptACK written after an interrupt",
          "interrupt handled, nothing acknowledged");
}

static void acknowledges_what_it_saw(struct fake_judge *j,
                                     const struct fake_event *e)
{
    (void)e;
    if (j->view.irq_read && j->view.irq_acked)
        JUDGE(j, !(j->view.irq_bits & KNOWN_BITS & ~j->view.irq_ack),
              "the bits of all events handled written to InterruptACK",
              "InterruptStatus 0x%x, acknowledged 0x%x", j->view.irq_bits,
              j->view.irq_ack);
}

static void acknowledges_known_bits(struct fake_judge *j,
                                    const struct fake_event *e)
{
    if (is_write(e, VIRTIO_MMIO_INTERRUPT_ACK))
        JUDGE(j, !(e->arg[2] & ~(uint64_t)KNOWN_BITS),
              "no bits but 0 and 1 in InterruptACK", "0x%x written",
              (unsigned)e->arg[2]);
}

#define ACCESS (ON(REG_READ) | ON(REG_WRITE))

const struct judge_entry judge_mmio_entries[] = {
    {"drv-4.2.2.2-1", ACCESS, touches_only_registers},
    {"drv-4.2.2.2-2", ON(REG_WRITE), writes_no_read_only},
    {"drv-4.2.2.2-3", ON(REG_READ), reads_no_write_only},
    {"drv-4.2.2.2-4", ACCESS, control_access_is_32_bit},
    {"drv-4.2.2.2-6", ON(REG_WRITE) | ON(CLOSED), leaves_wrong_magic},
    {"drv-4.2.2.2-8", ON(REG_WRITE) | ON(CLOSED), leaves_wrong_version},
    {"drv-4.2.2.2-10", ON(REG_WRITE) | ON(CLOSED), leaves_placeholder},
    {"drv-4.2.2.2-11", ON(LOG) | ON(OPENED), placeholder_is_no_error},
    {"drv-4.2.2.2-12", ON(REG_READ), selects_device_features},
    {"drv-4.2.2.2-13", ON(REG_WRITE), selects_driver_features},
    {"drv-4.2.2.2-14", ON(REG_WRITE), queue_size_is_offered},
    {"drv-4.2.2.2-15", ACCESS, leaves_ready_queue},
    {"drv-4.2.2.2-17", ACCESS | ON(DMA_FREE), reads_stop_back},
    {"drv-4.2.2.2-19", ON(IRQ_LEAVE), acknowledges_what_it_saw},
    {"drv-4.2.2.2-20", ON(REG_WRITE), acknowledges_known_bits},
    {"drv-4.2.3.1.1-1", ACCESS, identifies_first},
    {"drv-4.2.3.1.1-2", ACCESS, reads_id_next},
    {"drv-4.2.3.1.1-3", ON(REG_WRITE) | ON(CLOSED), abandons_placeholder},
    {"drv-4.2.3.1.1-4", ACCESS | ON(CLOSED), touches_no_placeholder},
    {"drv-4.2.3.1.1-5", ACCESS, leaves_shared_memory},
    {"drv-4.2.3.4.1-1", ON(IRQ_LEAVE), reads_the_cause},
    {"drv-4.2.3.4.1-3", ON(IRQ_LEAVE), acknowledges},
};
const size_t judge_mmio_count =
    sizeof(judge_mmio_entries) / sizeof(judge_mmio_entries[0]);
