/* SPDX-License-Identifier: MIT
 *
 * ops_raw.c: the operations of the raw driver.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_json.h"
#include "ops.h"
#include "raw.h"
#include "request.h"
#include "ringtrue/wire.h"

#define US_NS 1000u
#define HEADERS 256u        /* of 16 bytes, and as many status bytes */
#define WAIT_US 2000000u    /* a deadline, not a delay */
#define FOREIGN 0xdead0000u /* no memory is ever shared there */

struct name_value {
    const char *name;
    uint64_t value;
};

static const struct name_value registers[] = {
    {"MagicValue", VIRTIO_MMIO_MAGIC_VALUE},
    {"Version", VIRTIO_MMIO_VERSION},
    {"DeviceID", VIRTIO_MMIO_DEVICE_ID},
    {"VendorID", VIRTIO_MMIO_VENDOR_ID},
    {"DeviceFeatures", VIRTIO_MMIO_DEVICE_FEATURES},
    {"DeviceFeaturesSel", VIRTIO_MMIO_DEVICE_FEATURES_SEL},
    {"DriverFeatures", VIRTIO_MMIO_DRIVER_FEATURES},
    {"DriverFeaturesSel", VIRTIO_MMIO_DRIVER_FEATURES_SEL},
    {"QueueSel", VIRTIO_MMIO_QUEUE_SEL},
    {"QueueNumMax", VIRTIO_MMIO_QUEUE_NUM_MAX},
    {"QueueNum", VIRTIO_MMIO_QUEUE_NUM},
    {"QueueReady", VIRTIO_MMIO_QUEUE_READY},
    {"QueueNotify", VIRTIO_MMIO_QUEUE_NOTIFY},
    {"InterruptStatus", VIRTIO_MMIO_INTERRUPT_STATUS},
    {"InterruptACK", VIRTIO_MMIO_INTERRUPT_ACK},
    {"Status", VIRTIO_MMIO_STATUS},
    {"QueueDescLow", VIRTIO_MMIO_QUEUE_DESC_LOW},
    {"QueueDescHigh", VIRTIO_MMIO_QUEUE_DESC_HIGH},
    {"QueueDriverLow", VIRTIO_MMIO_QUEUE_DRIVER_LOW},
    {"QueueDriverHigh", VIRTIO_MMIO_QUEUE_DRIVER_HIGH},
    {"QueueDeviceLow", VIRTIO_MMIO_QUEUE_DEVICE_LOW},
    {"QueueDeviceHigh", VIRTIO_MMIO_QUEUE_DEVICE_HIGH},
    {"SHMSel", VIRTIO_MMIO_SHM_SEL},
    {"SHMLenLow", VIRTIO_MMIO_SHM_LEN_LOW},
    {"SHMLenHigh", VIRTIO_MMIO_SHM_LEN_HIGH},
    {"SHMBaseLow", VIRTIO_MMIO_SHM_BASE_LOW},
    {"SHMBaseHigh", VIRTIO_MMIO_SHM_BASE_HIGH},
    {"QueueReset", VIRTIO_MMIO_QUEUE_RESET},
    {"ConfigGeneration", VIRTIO_MMIO_CONFIG_GENERATION},
    {NULL, 0},
};

static const struct name_value status_bits[] = {
    {"ACKNOWLEDGE", VIRTIO_STATUS_ACKNOWLEDGE},
    {"DRIVER", VIRTIO_STATUS_DRIVER},
    {"DRIVER_OK", VIRTIO_STATUS_DRIVER_OK},
    {"FEATURES_OK", VIRTIO_STATUS_FEATURES_OK},
    {"NEEDS_RESET", VIRTIO_STATUS_DEVICE_NEEDS_RESET},
    {"FAILED", VIRTIO_STATUS_FAILED},
    {NULL, 0},
};

static const struct name_value desc_flags[] = {
    {"NEXT", VIRTQ_DESC_F_NEXT},         {"WRITE", VIRTQ_DESC_F_WRITE},
    {"INDIRECT", VIRTQ_DESC_F_INDIRECT}, {"AVAIL", VIRTQ_DESC_F_AVAIL},
    {"USED", VIRTQ_DESC_F_USED},         {NULL, 0},
};

static const struct name_value request_types[] = {
    {"IN", VIRTIO_BLK_T_IN},
    {"OUT", VIRTIO_BLK_T_OUT},
    {"FLUSH", VIRTIO_BLK_T_FLUSH},
    {"GET_ID", VIRTIO_BLK_T_GET_ID},
    {"GET_LIFETIME", VIRTIO_BLK_T_GET_LIFETIME},
    {"DISCARD", VIRTIO_BLK_T_DISCARD},
    {"WRITE_ZEROES", VIRTIO_BLK_T_WRITE_ZEROES},
    {"SECURE_ERASE", VIRTIO_BLK_T_SECURE_ERASE},
    {NULL, 0},
};

static const struct name_value stages[] = {
#define STAGE_NAME(name, text) {text, RIG_RAW_STAGE_##name},
    RIG_RAW_STAGES(STAGE_NAME)
#undef STAGE_NAME
        {NULL, 0},
};

static const struct name_value areas[] = {
#define AREA_NAME(name, text, bytes) {text, RIG_RAW_##name},
    RIG_RAW_AREAS(AREA_NAME)
#undef AREA_NAME
        {NULL, 0},
};

/* The schema admits only names that are in the table. */
static uint64_t value_of(const struct name_value *table, const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table->value;
    return 0;
}

/* A number, a name, or an array of names or'ed together. */
static uint64_t bits_of(const struct name_value *table, const json_t *value)
{
    uint64_t bits = 0;
    const json_t *e;
    size_t k;

    if (json_is_integer(value))
        return (uint64_t)json_integer_value(value);
    if (json_is_string(value))
        return value_of(table, json_string_value(value));
    json_array_foreach(value, k, e) bits |= bits_of(table, e);
    return bits;
}

static json_t *ok(void)
{
    return rig_result(RIG_OUTCOME_OK);
}

static json_t *wait_result(int code)
{
    if (code == RGT_E_TIMEOUT)
        return rig_result_code(RIG_OUTCOME_TIMEOUT, code);
    return code ? rig_result_code(RIG_OUTCOME_ERROR, code) : ok();
}

static json_t *out_of_memory(void)
{
    return rig_result_reason(RIG_OUTCOME_BENCH, "arena is full");
}

/* ---- registers ---- */

static json_t *op_read(struct rig *rig, const json_t *step)
{
    const json_t *reg = json_object_get(step, "reg");
    uint32_t value =
        rig->port.reg_read(rig->port.ctx, (uint32_t)bits_of(registers, reg),
                           (uint32_t)rig_param(step, "width", 4));
    json_t *result = ok();

    json_object_set_new(result, "value", json_integer(value));
    return result;
}

static json_t *op_write(struct rig *rig, const json_t *step)
{
    uint32_t offset =
        (uint32_t)bits_of(registers, json_object_get(step, "reg"));
    uint32_t value =
        (uint32_t)bits_of(status_bits, json_object_get(step, "value"));

    if (offset == VIRTIO_MMIO_STATUS)
        rig->raw->status = value;
    rig->port.reg_write(rig->port.ctx, offset,
                        (uint32_t)rig_param(step, "width", 4), value);
    return ok();
}

static json_t *op_init(struct rig *rig, const json_t *step)
{
    const char *from = rig_param_text(step, "from");
    const char *until = rig_param_text(step, "until");
    unsigned first = from ? (unsigned)value_of(stages, from) : 0;
    unsigned last =
        until ? (unsigned)value_of(stages, until) : RIG_RAW_STAGE_DRIVER_OK;
    const json_t *without = json_object_get(step, "without");
    const json_t *also = json_object_get(step, "also");
    const json_t *skip = json_object_get(step, "skip");
    const json_t *name;
    unsigned skipped = 0;
    size_t k;

    json_array_foreach(skip, k, name) skipped |=
        1u << value_of(stages, json_string_value(name));
    rig->raw->accept &= ~rig_features_from_json(without);
    rig->raw->accept_always |= rig_features_from_json(also);
    for (unsigned s = first; s <= last; s++)
        if (!(skipped >> s & 1) &&
            rig_raw_stage(rig->raw, (enum rig_raw_stage)s))
            return out_of_memory();
    return ok();
}

/* ---- ring ---- */

static json_t *op_ring(struct rig *rig, const json_t *step)
{
    unsigned skew[3] = {
        (unsigned)rig_param(step, "desc_skew", 0),
        (unsigned)rig_param(step, "avail_skew", 0),
        (unsigned)rig_param(step, "used_skew", 0),
    };

    rig_raw_select(rig->raw, (unsigned)rig_param(step, "queue", 0));
    if (rig_raw_ring(rig->raw, (uint32_t)rig_param(step, "queue_size", 8),
                     skew))
        return out_of_memory();
    rig->raw->area[RIG_RAW_USED].cpu[0] =
        (uint8_t)rig_param(step, "used_flags", 0);
    return ok();
}

/* Device address of "at" + "offset"; at "foreign" nothing is shared. */
static uint64_t address_of(struct rig *rig, const json_t *step)
{
    const char *at = rig_param_text(step, "at");
    uint64_t offset = rig_param(step, "offset", 0);
    struct rig_raw_memory *m;

    if (!at)
        at = "data";
    if (strcmp(at, "foreign") == 0)
        return FOREIGN + offset;
    m = rig_raw_area(rig->raw, (enum rig_raw_area)value_of(areas, at));
    return m ? m->dma + offset : FOREIGN;
}

static json_t *op_desc(struct rig *rig, const json_t *step)
{
    struct rig_raw_desc d = {
        .len = (uint32_t)rig_param(step, "len", 0),
        .flags = (uint16_t)bits_of(desc_flags, json_object_get(step, "flags")),
        .next = (uint16_t)rig_param(step, "next", 0),
        .id = (uint16_t)rig_param(step, "id", 0),
    };

    rig_raw_select(rig->raw, (unsigned)rig_param(step, "queue", 0));
    d.addr = address_of(rig, step);
    rig_raw_put_desc(rig->raw, rig_param_true(step, "in_table"),
                     (uint32_t)rig_param(step, "index", 0), &d);
    return ok();
}

static int put_header(struct rig *rig, unsigned k, uint32_t type,
                      uint64_t sector)
{
    struct rig_raw_memory *m = rig_raw_area(rig->raw, RIG_RAW_HEADER);
    uint8_t *at;

    if (!m)
        return -1;
    at = m->cpu + 16 * (k % HEADERS);
    memset(at, 0, 16);
    for (unsigned b = 0; b < 4; b++)
        at[b] = (uint8_t)(type >> 8 * b);
    for (unsigned b = 0; b < 8; b++)
        at[8 + b] = (uint8_t)(sector >> 8 * b);
    return 0;
}

static json_t *op_header(struct rig *rig, const json_t *step)
{
    uint32_t type =
        (uint32_t)bits_of(request_types, json_object_get(step, "type"));

    if (put_header(rig, (unsigned)rig_param(step, "index", 0), type,
                   rig_param_sector(rig, step)))
        return out_of_memory();
    return ok();
}

static json_t *op_avail(struct rig *rig, const json_t *step)
{
    struct rig_raw *raw = rig->raw;
    const json_t *heads = json_object_get(step, "heads");
    const json_t *head;
    size_t k;

    rig_raw_select(rig->raw, (unsigned)rig_param(step, "queue", 0));
    if (!rig_raw_area(raw, RIG_RAW_AVAIL))
        return out_of_memory();
    if (json_object_get(step, "flags"))
        rig_raw_set_avail_flags(raw, (uint16_t)rig_param(step, "flags", 0));
    json_array_foreach(heads, k, head)
        rig_raw_put_avail(raw, (uint16_t)json_integer_value(head),
                          (unsigned)rig_param(step, "slots", 0));
    if (json_object_get(step, "move_idx"))
        rig_raw_set_avail_idx(
            raw, (uint16_t)(raw->avail_idx +
                            (json_int_t)rig_param(step, "move_idx", 0)));
    return ok();
}

static json_t *op_notify(struct rig *rig, const json_t *step)
{
    rig_raw_select(rig->raw, (unsigned)rig_param(step, "queue", 0));
    rig_raw_notify(rig->raw);
    return ok();
}

/* ---- whole requests ---- */

/* The data of a request: readable or writable by its type. */
static bool device_writes(uint32_t type)
{
    return type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID ||
           type == VIRTIO_BLK_T_GET_LIFETIME;
}

/* One descriptor of the list that begins at head. */
static void put_piece(struct rig_raw *raw, uint16_t head, uint64_t addr,
                      uint32_t len, bool writable, bool more)
{
    uint16_t index = raw->next_desc;
    uint16_t next = (uint16_t)((index + 1) % raw->queue_size);
    struct rig_raw_desc d = {
        .addr = addr,
        .len = len,
        .flags = (uint16_t)((writable ? VIRTQ_DESC_F_WRITE : 0) |
                            (more ? VIRTQ_DESC_F_NEXT : 0)),
        .next = more ? next : 0,
        .id = head,
    };

    rig_raw_put_desc(raw, false, index, &d);
    raw->next_desc = next;
}

/* Builds R16 | data | W1 from the next descriptors on, and makes it available.
 * Returns the number of descriptors. */
static unsigned build(struct rig *rig, uint32_t type, uint64_t sector,
                      uint32_t bytes)
{
    struct rig_raw *raw = rig->raw;
    uint16_t head = raw->next_desc;
    unsigned slot = head % HEADERS;
    uint64_t header = rig_raw_area(raw, RIG_RAW_HEADER)->dma + 16u * slot;
    uint64_t status = rig_raw_area(raw, RIG_RAW_STATUS)->dma + slot;

    put_header(rig, slot, type, sector);
    put_piece(raw, head, header, 16, false, true);
    if (bytes)
        put_piece(raw, head, rig_raw_area(raw, RIG_RAW_DATA)->dma, bytes,
                  device_writes(type), true);
    put_piece(raw, head, status, 1, true, false);
    rig_raw_put_avail(raw, head, 0);
    return bytes ? 3 : 2;
}

/* "kick": "always", "never", or as the device wants it. */
static void kick(struct rig_raw *raw, const char *how, unsigned slots)
{
    bool packed = rig_raw_has(raw, VIRTIO_F_RING_PACKED);

    if (how ? strcmp(how, "always") == 0
            : rig_raw_kick_wanted(raw, packed ? slots : 1))
        rig_raw_notify(raw);
}

static void put_le(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned k = 0; k < bytes; k++)
        at[k] = (uint8_t)(value >> 8 * k);
}

/* The segments of a discard and its like as data; returns their bytes. */
static uint32_t put_ranges(struct rig *rig, const json_t *ranges)
{
    const struct rig_raw_memory *m = rig_raw_area(rig->raw, RIG_RAW_DATA);
    const json_t *one;
    size_t k;

    json_array_foreach(ranges, k, one)
    {
        uint8_t *at = m->cpu + 16 * k;

        if (16 * (k + 1) > m->bytes)
            break;
        put_le(at, rig_param_sector(rig, one), 8);
        put_le(at + 8, rig_param(one, "count", 1), 4);
        put_le(at + 12, rig_param(one, "flags", 0), 4);
    }
    return (uint32_t)(16 * k);
}

static uint32_t data_bytes(struct rig *rig, const json_t *step)
{
    const json_t *ranges = json_object_get(step, "ranges");
    uint32_t bytes = ranges ? put_ranges(rig, ranges) : 512;

    return (uint32_t)rig_param(step, "bytes", bytes);
}

static json_t *op_request(struct rig *rig, const json_t *step)
{
    struct rig_raw *raw = rig->raw;
    uint32_t type =
        (uint32_t)bits_of(request_types, json_object_get(step, "type"));
    uint64_t wait_us = rig_param(step, "wait_us", WAIT_US);
    unsigned slots;

    rig_raw_select(raw, (unsigned)rig_param(step, "queue", 0));
    for (unsigned k = 0; k < RIG_RAW_AREA_COUNT; k++)
        if (!rig_raw_area(raw, (enum rig_raw_area)k))
            return out_of_memory();
    slots =
        build(rig, type, rig_param_sector(rig, step), data_bytes(rig, step));
    kick(raw, rig_param_text(step, "kick"), slots);
    return wait_us ? wait_result(rig_raw_wait_used(raw, 1, wait_us * US_NS))
                   : ok();
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

#define MESSAGE_BYTES 8192u /* of the data area, by queue and turn */

/* R hex, followed by zeroes | W writable: any message of any queue. */
static json_t *op_message(struct rig *rig, const json_t *step)
{
    const char *hex = rig_param_text(step, "hex");
    uint32_t zeros = (uint32_t)rig_param(step, "zeros", 0);
    uint32_t writable = (uint32_t)rig_param(step, "writable", 0);
    uint64_t wait_us = rig_param(step, "wait_us", WAIT_US);
    uint32_t bytes = hex ? (uint32_t)strlen(hex) / 2 : 0;
    struct rig_raw *raw = rig->raw;
    struct rig_raw_memory *m = rig_raw_area(raw, RIG_RAW_DATA);
    unsigned slots;
    uint16_t head;
    size_t offset;

    rig_raw_select(raw, (unsigned)rig_param(step, "queue", 0));
    if (!m || !rig_raw_area(raw, RIG_RAW_USED) ||
        bytes + zeros + writable > MESSAGE_BYTES)
        return out_of_memory();
    head = raw->next_desc;
    offset = MESSAGE_BYTES * (2 * raw->queue + head / 2 % 2);
    memset(m->cpu + offset, 0, MESSAGE_BYTES);
    for (uint32_t k = 0; k < bytes; k++)
        m->cpu[offset + k] =
            (uint8_t)(hex_digit(hex[2 * k]) << 4 | hex_digit(hex[2 * k + 1]));
    bytes += zeros;
    if (bytes)
        put_piece(raw, head, m->dma + offset, bytes, false, writable != 0);
    if (writable)
        put_piece(raw, head, m->dma + offset + bytes, writable, true, false);
    slots = (bytes ? 1u : 0u) + (writable ? 1u : 0u);
    /* A split ring has two descriptors for each, so that turns show. */
    if (!rig_raw_has(raw, VIRTIO_F_RING_PACKED))
        raw->next_desc = (uint16_t)((head + 2) % raw->queue_size);
    rig_raw_put_avail(raw, head, 0);
    kick(raw, rig_param_text(step, "kick"), slots);
    return wait_us ? wait_result(rig_raw_wait_used(raw, 1, wait_us * US_NS))
                   : ok();
}

static json_t *op_wait(struct rig *rig, const json_t *step)
{
    uint64_t ns = rig_param(step, "us", WAIT_US) * US_NS;

    rig_raw_select(rig->raw, (unsigned)rig_param(step, "queue", 0));
    if (!rig_raw_area(rig->raw, RIG_RAW_USED))
        return out_of_memory();
    rig->raw->hold_acks = rig_param_true(step, "hold_acks");
    return wait_result(
        rig_raw_wait_used(rig->raw, (unsigned)rig_param(step, "used", 1), ns));
}

static json_t *op_armed(struct rig *rig, const json_t *step)
{
    uint64_t ns = rig_param(step, "us", WAIT_US) * US_NS;

    rig_raw_select(rig->raw, (unsigned)rig_param(step, "queue", 0));
    if (!rig_raw_area(rig->raw, RIG_RAW_USED))
        return out_of_memory();
    return wait_result(rig_raw_wait_armed(rig->raw, ns));
}

/* An interrupt handler as the script spells it out: waits for the line, then
 * runs the steps of "do". */
static json_t *op_irq(struct rig *rig, const json_t *step)
{
    uint64_t now = rig->port.now_ns(rig->port.ctx);
    const json_t *body = json_object_get(step, "do");
    const json_t *one;
    size_t k;

    if (!rig->port.wait(rig->port.ctx,
                        now + rig_param(step, "us", WAIT_US) * US_NS))
        return rig_result_code(RIG_OUTCOME_TIMEOUT, RGT_E_TIMEOUT);
    rig_emit(rig, FAKE_EV_IRQ_ENTER,
             atomic_load(&rig->machine->lines.irq_status), 0, 0, 0);
    json_array_foreach(body, k, one) json_decref(rig_op_run(rig, one));
    rig_emit(rig, FAKE_EV_IRQ_LEAVE,
             atomic_load(&rig->machine->lines.irq_status), 0, 0, 0);
    return ok();
}

/* ---- what the liar tells its caller ---- */

/* What goes by that queue; of controlq, any command. */
static enum rig_op_code op_of_queue(const struct rig *rig, uint64_t queue)
{
    if (rig->machine->cfg.device_id != VIRTIO_ID_SOUND)
        return RIG_OP_BLK_READ;
    if (queue == VIRTIO_SND_VQ_TX)
        return RIG_OP_SND_WRITE;
    return queue == VIRTIO_SND_VQ_RX ? RIG_OP_SND_READ : RIG_OP_SND_PREPARE;
}

static json_t *op_submit(struct rig *rig, const json_t *step)
{
    uint64_t token = rig_param(step, "token", 0);
    const char *name = rig_param_text(step, "for");
    enum rig_op_code code = name ? rig_op_code_of(name)
                            : rig_param_true(step, "flush")
                                ? RIG_OP_BLK_FLUSH
                                : op_of_queue(rig, rig_param(step, "queue", 0));

    rig_emit(rig, FAKE_EV_SUBMIT, token, code, rig_param_sector(rig, step),
             512 * rig_param(step, "count", 1));
    rig_emit(rig, FAKE_EV_SUBMITTED, token, 0, 0, 0);
    return ok();
}

static json_t *op_done(struct rig *rig, const json_t *step)
{
    rig_emit(rig, FAKE_EV_DONE, rig_param(step, "token", 0), 0, 0, 0);
    return ok();
}

static json_t *op_opened(struct rig *rig, const json_t *step)
{
    rig_emit(rig, FAKE_EV_OPENED, (uint32_t)(int32_t)rig_param(step, "code", 0),
             0, 0, 0);
    return ok();
}

static json_t *op_log(struct rig *rig, const json_t *step)
{
    rig->port.log(rig->port.ctx, rig_param_text(step, "line"));
    return ok();
}

/* Frees one of its areas as if the device were done with it. */
static json_t *op_free(struct rig *rig, const json_t *step)
{
    struct rig_raw_memory *m = rig_raw_area(
        rig->raw,
        (enum rig_raw_area)value_of(areas, rig_param_text(step, "at")));

    if (!m)
        return out_of_memory();
    rig->port.dma_free(rig->port.ctx, m->cpu, m->bytes, m->dma);
    m->cpu = NULL;
    return ok();
}

const struct rig_op_entry rig_raw_ops[] = {
    {"raw.read", op_read},
    {"raw.write", op_write},
    {"raw.init", op_init},
    {"raw.ring", op_ring},
    {"raw.desc", op_desc},
    {"raw.header", op_header},
    {"raw.avail", op_avail},
    {"raw.notify", op_notify},
    {"raw.request", op_request},
    {"raw.message", op_message},
    {"raw.wait", op_wait},
    {"raw.armed", op_armed},
    {"raw.irq", op_irq},
    {"raw.submit", op_submit},
    {"raw.done", op_done},
    {"raw.opened", op_opened},
    {"raw.log", op_log},
    {"raw.free", op_free},
    {"raw.share", rig_op_raw_share},
    {"raw.touch", rig_op_raw_touch},
    {"power_cut", rig_op_power_cut},
    {"fault.add", rig_op_fault_add},
    {"fault.end", rig_op_fault_end},
    {NULL, NULL},
};
