/* SPDX-License-Identifier: MIT */
/* VIRTIO 1.2 (CS01) on the wire: layouts and constants, no code.
 *
 * The only file with names taken from the specification: its own where it has
 * one, else its words in upper case behind VIRTIO_ or VIRTQ_ (status bits,
 * registers, limits). Feature bits are bit positions, not masks. Every
 * multi-byte member is little-endian in memory whatever the CPU (1.4); the type
 * in the comment says so. Rings are given up to their array: its length is a
 * matter of run time, and C++ has no flexible array members. src/wire_check.c
 * pins every offset.
 */
#ifndef RINGTRUE_WIRE_H
#define RINGTRUE_WIRE_H

#include <stdint.h>

/* ---- 2.1 Device status ------------------------------------------------- */

#define VIRTIO_STATUS_ACKNOWLEDGE 1u
#define VIRTIO_STATUS_DRIVER 2u
#define VIRTIO_STATUS_DRIVER_OK 4u
#define VIRTIO_STATUS_FEATURES_OK 8u
#define VIRTIO_STATUS_DEVICE_NEEDS_RESET 64u
#define VIRTIO_STATUS_FAILED 128u

/* ---- 5 Device types ---------------------------------------------------- */

#define VIRTIO_ID_BLOCK 2u
#define VIRTIO_ID_SOUND 25u

/* ---- 6 Reserved feature bits ------------------------------------------- */

#define VIRTIO_F_INDIRECT_DESC 28
#define VIRTIO_F_EVENT_IDX 29
#define VIRTIO_F_VERSION_1 32
#define VIRTIO_F_ACCESS_PLATFORM 33
#define VIRTIO_F_RING_PACKED 34
#define VIRTIO_F_IN_ORDER 35
#define VIRTIO_F_ORDER_PLATFORM 36
#define VIRTIO_F_SR_IOV 37
#define VIRTIO_F_NOTIFICATION_DATA 38
#define VIRTIO_F_NOTIF_CONFIG_DATA 39
#define VIRTIO_F_RING_RESET 40

/* ---- 2.7 Split virtqueues ---------------------------------------------- */

#define VIRTQ_SIZE_MAX 32768u /* 2.7: the largest Queue Size */

#define VIRTQ_DESC_ALIGN 16u
#define VIRTQ_AVAIL_ALIGN 2u
#define VIRTQ_USED_ALIGN 4u

#define VIRTQ_DESC_F_NEXT 1u
#define VIRTQ_DESC_F_WRITE 2u
#define VIRTQ_DESC_F_INDIRECT 4u

struct virtq_desc {
    uint64_t addr;  /* le64 */
    uint32_t len;   /* le32 */
    uint16_t flags; /* le16 VIRTQ_DESC_F_* */
    uint16_t next;  /* le16 */
};

#define VIRTQ_AVAIL_F_NO_INTERRUPT 1u

/* Followed by le16 ring[Queue Size], then le16 used_event. */
struct virtq_avail {
    uint16_t flags; /* le16 */
    uint16_t idx;   /* le16 */
};

struct virtq_used_elem {
    uint32_t id;  /* le32 */
    uint32_t len; /* le32 */
};

#define VIRTQ_USED_F_NO_NOTIFY 1u

/* Followed by struct virtq_used_elem ring[Queue Size], then le16
 * avail_event. */
struct virtq_used {
    uint16_t flags; /* le16 */
    uint16_t idx;   /* le16 */
};

/* ---- 2.8 Packed virtqueues --------------------------------------------- */

#define VIRTQ_DESC_F_AVAIL 0x0080u
#define VIRTQ_DESC_F_USED 0x8000u

struct pvirtq_desc {
    uint64_t addr;  /* le64 */
    uint32_t len;   /* le32 */
    uint16_t id;    /* le16 */
    uint16_t flags; /* le16 VIRTQ_DESC_F_* */
};

#define RING_EVENT_FLAGS_ENABLE 0x0u
#define RING_EVENT_FLAGS_DISABLE 0x1u
#define RING_EVENT_FLAGS_DESC 0x2u

struct pvirtq_event_suppress {
    uint16_t desc;  /* le16 0-14 desc_event_off, 15 desc_event_wrap */
    uint16_t flags; /* le16 0-1 RING_EVENT_FLAGS_*, rest 0 */
};

/* ---- 4.2.2 MMIO registers, version 2 ----------------------------------- */

#define VIRTIO_MMIO_MAGIC 0x74726976u /* "virt" */
#define VIRTIO_MMIO_VERSION_2 2u

#define VIRTIO_MMIO_MAGIC_VALUE 0x000u         /* R */
#define VIRTIO_MMIO_VERSION 0x004u             /* R */
#define VIRTIO_MMIO_DEVICE_ID 0x008u           /* R */
#define VIRTIO_MMIO_VENDOR_ID 0x00cu           /* R */
#define VIRTIO_MMIO_DEVICE_FEATURES 0x010u     /* R */
#define VIRTIO_MMIO_DEVICE_FEATURES_SEL 0x014u /* W */
#define VIRTIO_MMIO_DRIVER_FEATURES 0x020u     /* W */
#define VIRTIO_MMIO_DRIVER_FEATURES_SEL 0x024u /* W */
#define VIRTIO_MMIO_QUEUE_SEL 0x030u           /* W */
#define VIRTIO_MMIO_QUEUE_NUM_MAX 0x034u       /* R,  of the queue chosen */
#define VIRTIO_MMIO_QUEUE_NUM 0x038u           /* W,  of the queue chosen */
#define VIRTIO_MMIO_QUEUE_READY 0x044u         /* RW, of the queue chosen */
#define VIRTIO_MMIO_QUEUE_NOTIFY 0x050u        /* W */
#define VIRTIO_MMIO_INTERRUPT_STATUS 0x060u    /* R */
#define VIRTIO_MMIO_INTERRUPT_ACK 0x064u       /* W */
#define VIRTIO_MMIO_STATUS 0x070u              /* RW */
#define VIRTIO_MMIO_QUEUE_DESC_LOW 0x080u      /* W,  of the queue chosen */
#define VIRTIO_MMIO_QUEUE_DESC_HIGH 0x084u     /* W,  of the queue chosen */
#define VIRTIO_MMIO_QUEUE_DRIVER_LOW 0x090u    /* W,  of the queue chosen */
#define VIRTIO_MMIO_QUEUE_DRIVER_HIGH 0x094u   /* W,  of the queue chosen */
#define VIRTIO_MMIO_QUEUE_DEVICE_LOW 0x0a0u    /* W,  of the queue chosen */
#define VIRTIO_MMIO_QUEUE_DEVICE_HIGH 0x0a4u   /* W,  of the queue chosen */
#define VIRTIO_MMIO_SHM_SEL 0x0acu             /* W */
#define VIRTIO_MMIO_SHM_LEN_LOW 0x0b0u         /* R */
#define VIRTIO_MMIO_SHM_LEN_HIGH 0x0b4u        /* R */
#define VIRTIO_MMIO_SHM_BASE_LOW 0x0b8u        /* R */
#define VIRTIO_MMIO_SHM_BASE_HIGH 0x0bcu       /* R */
#define VIRTIO_MMIO_QUEUE_RESET 0x0c0u         /* RW, of the queue chosen */
#define VIRTIO_MMIO_CONFIG_GENERATION 0x0fcu   /* R */
#define VIRTIO_MMIO_CONFIG 0x100u              /* RW, device-specific */

/* Bits of InterruptStatus and InterruptACK. */
#define VIRTIO_MMIO_INT_USED_BUFFER 1u
#define VIRTIO_MMIO_INT_CONFIG_CHANGE 2u

/* ---- 5.2 Block device -------------------------------------------------- */

#define VIRTIO_BLK_F_SIZE_MAX 1
#define VIRTIO_BLK_F_SEG_MAX 2
#define VIRTIO_BLK_F_GEOMETRY 4
#define VIRTIO_BLK_F_RO 5
#define VIRTIO_BLK_F_BLK_SIZE 6
#define VIRTIO_BLK_F_FLUSH 9
#define VIRTIO_BLK_F_TOPOLOGY 10
#define VIRTIO_BLK_F_CONFIG_WCE 11
#define VIRTIO_BLK_F_MQ 12
#define VIRTIO_BLK_F_DISCARD 13
#define VIRTIO_BLK_F_WRITE_ZEROES 14
#define VIRTIO_BLK_F_LIFETIME 15
#define VIRTIO_BLK_F_SECURE_ERASE 16

struct virtio_blk_config {
    uint64_t capacity; /* le64, in 512-byte sectors */
    uint32_t size_max; /* le32, bytes */
    uint32_t seg_max;  /* le32, count */
    struct virtio_blk_geometry {
        uint16_t cylinders; /* le16 */
        uint8_t heads;
        uint8_t sectors;
    } geometry;
    uint32_t blk_size; /* le32, bytes */
    struct virtio_blk_topology {
        uint8_t physical_block_exp; /* log2 of blocks per physical block */
        uint8_t alignment_offset;   /* blocks */
        uint16_t min_io_size;       /* le16, blocks */
        uint32_t opt_io_size;       /* le32, blocks */
    } topology;
    uint8_t writeback;
    uint8_t unused0;
    uint16_t num_queues;               /* le16 */
    uint32_t max_discard_sectors;      /* le32 */
    uint32_t max_discard_seg;          /* le32 */
    uint32_t discard_sector_alignment; /* le32 */
    uint32_t max_write_zeroes_sectors; /* le32 */
    uint32_t max_write_zeroes_seg;     /* le32 */
    uint8_t write_zeroes_may_unmap;
    uint8_t unused1[3];
    uint32_t max_secure_erase_sectors;      /* le32 */
    uint32_t max_secure_erase_seg;          /* le32 */
    uint32_t secure_erase_sector_alignment; /* le32 */
};

#define VIRTIO_BLK_T_IN 0u
#define VIRTIO_BLK_T_OUT 1u
#define VIRTIO_BLK_T_FLUSH 4u
#define VIRTIO_BLK_T_GET_ID 8u
#define VIRTIO_BLK_T_GET_LIFETIME 10u
#define VIRTIO_BLK_T_DISCARD 11u
#define VIRTIO_BLK_T_WRITE_ZEROES 13u
#define VIRTIO_BLK_T_SECURE_ERASE 14u

/* The device-readable head. Followed by u8 data[] (readable or writable, by
 * type) and u8 status (writable, the last byte of all). */
struct virtio_blk_req {
    uint32_t type;     /* le32 VIRTIO_BLK_T_* */
    uint32_t reserved; /* le32 */
    uint64_t sector;   /* le64, in 512 bytes; 0 unless IN or OUT */
};

#define VIRTIO_BLK_S_OK 0u
#define VIRTIO_BLK_S_IOERR 1u
#define VIRTIO_BLK_S_UNSUPP 2u

struct virtio_blk_discard_write_zeroes {
    uint64_t sector;      /* le64 */
    uint32_t num_sectors; /* le32 */
    uint32_t flags;       /* le32: bit 0 unmap, 1-31 reserved */
};

#define VIRTIO_BLK_PRE_EOL_INFO_UNDEFINED 0u
#define VIRTIO_BLK_PRE_EOL_INFO_NORMAL 1u
#define VIRTIO_BLK_PRE_EOL_INFO_WARNING 2u
#define VIRTIO_BLK_PRE_EOL_INFO_URGENT 3u

struct virtio_blk_lifetime {
    uint16_t pre_eol_info;              /* le16 VIRTIO_BLK_PRE_EOL_INFO_* */
    uint16_t device_lifetime_est_typ_a; /* le16 */
    uint16_t device_lifetime_est_typ_b; /* le16 */
};

#endif
