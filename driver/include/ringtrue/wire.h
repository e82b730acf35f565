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

/* ---- 5.14 Sound device ------------------------------------------------- */

#define VIRTIO_SND_VQ_CONTROL 0u
#define VIRTIO_SND_VQ_EVENT 1u
#define VIRTIO_SND_VQ_TX 2u
#define VIRTIO_SND_VQ_RX 3u

struct virtio_snd_config {
    uint32_t jacks;   /* le32 */
    uint32_t streams; /* le32 */
    uint32_t chmaps;  /* le32 */
};

#define VIRTIO_SND_R_JACK_INFO 0x0001u
#define VIRTIO_SND_R_JACK_REMAP 0x0002u
#define VIRTIO_SND_R_PCM_INFO 0x0100u
#define VIRTIO_SND_R_PCM_SET_PARAMS 0x0101u
#define VIRTIO_SND_R_PCM_PREPARE 0x0102u
#define VIRTIO_SND_R_PCM_RELEASE 0x0103u
#define VIRTIO_SND_R_PCM_START 0x0104u
#define VIRTIO_SND_R_PCM_STOP 0x0105u
#define VIRTIO_SND_R_CHMAP_INFO 0x0200u

#define VIRTIO_SND_EVT_JACK_CONNECTED 0x1000u
#define VIRTIO_SND_EVT_JACK_DISCONNECTED 0x1001u
#define VIRTIO_SND_EVT_PCM_PERIOD_ELAPSED 0x1100u
#define VIRTIO_SND_EVT_PCM_XRUN 0x1101u

#define VIRTIO_SND_S_OK 0x8000u
#define VIRTIO_SND_S_BAD_MSG 0x8001u
#define VIRTIO_SND_S_NOT_SUPP 0x8002u
#define VIRTIO_SND_S_IO_ERR 0x8003u

#define VIRTIO_SND_D_OUTPUT 0u
#define VIRTIO_SND_D_INPUT 1u

struct virtio_snd_hdr {
    uint32_t code; /* le32 VIRTIO_SND_R_*, or VIRTIO_SND_S_* */
};

struct virtio_snd_event {
    struct virtio_snd_hdr hdr; /* VIRTIO_SND_EVT_* */
    uint32_t data;             /* le32, a jack or a stream */
};

struct virtio_snd_query_info {
    struct virtio_snd_hdr hdr; /* VIRTIO_SND_R_*_INFO */
    uint32_t start_id;         /* le32 */
    uint32_t count;            /* le32 */
    uint32_t size;             /* le32, bytes of one item */
};

struct virtio_snd_info {
    uint32_t hda_fn_nid; /* le32 */
};

struct virtio_snd_jack_hdr {
    struct virtio_snd_hdr hdr; /* VIRTIO_SND_R_JACK_* */
    uint32_t jack_id;          /* le32 */
};

#define VIRTIO_SND_JACK_F_REMAP 0

struct virtio_snd_jack_info {
    struct virtio_snd_info hdr;
    uint32_t features;        /* le32, bit map of VIRTIO_SND_JACK_F_* */
    uint32_t hda_reg_defconf; /* le32 */
    uint32_t hda_reg_caps;    /* le32 */
    uint8_t connected;        /* 0 or 1 */
    uint8_t padding[7];
};

struct virtio_snd_jack_remap {
    struct virtio_snd_jack_hdr hdr; /* VIRTIO_SND_R_JACK_REMAP */
    uint32_t association;           /* le32 */
    uint32_t sequence;              /* le32 */
};

struct virtio_snd_pcm_hdr {
    struct virtio_snd_hdr hdr; /* VIRTIO_SND_R_PCM_* */
    uint32_t stream_id;        /* le32 */
};

#define VIRTIO_SND_PCM_F_SHMEM_HOST 0
#define VIRTIO_SND_PCM_F_SHMEM_GUEST 1
#define VIRTIO_SND_PCM_F_MSG_POLLING 2
#define VIRTIO_SND_PCM_F_EVT_SHMEM_PERIODS 3
#define VIRTIO_SND_PCM_F_EVT_XRUNS 4

/* Formats: bits in use / bits in memory. */
#define VIRTIO_SND_PCM_FMT_IMA_ADPCM 0        /*  4 /  4 */
#define VIRTIO_SND_PCM_FMT_MU_LAW 1           /*  8 /  8 */
#define VIRTIO_SND_PCM_FMT_A_LAW 2            /*  8 /  8 */
#define VIRTIO_SND_PCM_FMT_S8 3               /*  8 /  8 */
#define VIRTIO_SND_PCM_FMT_U8 4               /*  8 /  8 */
#define VIRTIO_SND_PCM_FMT_S16 5              /* 16 / 16 */
#define VIRTIO_SND_PCM_FMT_U16 6              /* 16 / 16 */
#define VIRTIO_SND_PCM_FMT_S18_3 7            /* 18 / 24 */
#define VIRTIO_SND_PCM_FMT_U18_3 8            /* 18 / 24 */
#define VIRTIO_SND_PCM_FMT_S20_3 9            /* 20 / 24 */
#define VIRTIO_SND_PCM_FMT_U20_3 10           /* 20 / 24 */
#define VIRTIO_SND_PCM_FMT_S24_3 11           /* 24 / 24 */
#define VIRTIO_SND_PCM_FMT_U24_3 12           /* 24 / 24 */
#define VIRTIO_SND_PCM_FMT_S20 13             /* 20 / 32 */
#define VIRTIO_SND_PCM_FMT_U20 14             /* 20 / 32 */
#define VIRTIO_SND_PCM_FMT_S24 15             /* 24 / 32 */
#define VIRTIO_SND_PCM_FMT_U24 16             /* 24 / 32 */
#define VIRTIO_SND_PCM_FMT_S32 17             /* 32 / 32 */
#define VIRTIO_SND_PCM_FMT_U32 18             /* 32 / 32 */
#define VIRTIO_SND_PCM_FMT_FLOAT 19           /* 32 / 32 */
#define VIRTIO_SND_PCM_FMT_FLOAT64 20         /* 64 / 64 */
#define VIRTIO_SND_PCM_FMT_DSD_U8 21          /*  8 /  8 */
#define VIRTIO_SND_PCM_FMT_DSD_U16 22         /* 16 / 16 */
#define VIRTIO_SND_PCM_FMT_DSD_U32 23         /* 32 / 32 */
#define VIRTIO_SND_PCM_FMT_IEC958_SUBFRAME 24 /* 32 / 32 */

#define VIRTIO_SND_PCM_RATE_5512 0
#define VIRTIO_SND_PCM_RATE_8000 1
#define VIRTIO_SND_PCM_RATE_11025 2
#define VIRTIO_SND_PCM_RATE_16000 3
#define VIRTIO_SND_PCM_RATE_22050 4
#define VIRTIO_SND_PCM_RATE_32000 5
#define VIRTIO_SND_PCM_RATE_44100 6
#define VIRTIO_SND_PCM_RATE_48000 7
#define VIRTIO_SND_PCM_RATE_64000 8
#define VIRTIO_SND_PCM_RATE_88200 9
#define VIRTIO_SND_PCM_RATE_96000 10
#define VIRTIO_SND_PCM_RATE_176400 11
#define VIRTIO_SND_PCM_RATE_192000 12
#define VIRTIO_SND_PCM_RATE_384000 13

struct virtio_snd_pcm_info {
    struct virtio_snd_info hdr;
    uint32_t features; /* le32, bit map of VIRTIO_SND_PCM_F_* */
    uint64_t formats;  /* le64, bit map of VIRTIO_SND_PCM_FMT_* */
    uint64_t rates;    /* le64, bit map of VIRTIO_SND_PCM_RATE_* */
    uint8_t direction; /* VIRTIO_SND_D_* */
    uint8_t channels_min;
    uint8_t channels_max;
    uint8_t padding[5];
};

struct virtio_snd_pcm_set_params {
    struct virtio_snd_pcm_hdr hdr; /* VIRTIO_SND_R_PCM_SET_PARAMS */
    uint32_t buffer_bytes;         /* le32 */
    uint32_t period_bytes;         /* le32 */
    uint32_t features;             /* le32, bit map of VIRTIO_SND_PCM_F_* */
    uint8_t channels;
    uint8_t format; /* VIRTIO_SND_PCM_FMT_* */
    uint8_t rate;   /* VIRTIO_SND_PCM_RATE_* */
    uint8_t padding;
};

/* Device-readable head of a tx or rx message. Followed by the frames (tx:
 * readable, rx: writable) and struct virtio_snd_pcm_status (writable). */
struct virtio_snd_pcm_xfer {
    uint32_t stream_id; /* le32 */
};

struct virtio_snd_pcm_status {
    uint32_t status;        /* le32 VIRTIO_SND_S_OK or _IO_ERR */
    uint32_t latency_bytes; /* le32 */
};

#define VIRTIO_SND_CHMAP_NONE 0  /* undefined */
#define VIRTIO_SND_CHMAP_NA 1    /* silent */
#define VIRTIO_SND_CHMAP_MONO 2  /* mono stream */
#define VIRTIO_SND_CHMAP_FL 3    /* front left */
#define VIRTIO_SND_CHMAP_FR 4    /* front right */
#define VIRTIO_SND_CHMAP_RL 5    /* rear left */
#define VIRTIO_SND_CHMAP_RR 6    /* rear right */
#define VIRTIO_SND_CHMAP_FC 7    /* front center */
#define VIRTIO_SND_CHMAP_LFE 8   /* low frequency */
#define VIRTIO_SND_CHMAP_SL 9    /* side left */
#define VIRTIO_SND_CHMAP_SR 10   /* side right */
#define VIRTIO_SND_CHMAP_RC 11   /* rear center */
#define VIRTIO_SND_CHMAP_FLC 12  /* front left center */
#define VIRTIO_SND_CHMAP_FRC 13  /* front right center */
#define VIRTIO_SND_CHMAP_RLC 14  /* rear left center */
#define VIRTIO_SND_CHMAP_RRC 15  /* rear right center */
#define VIRTIO_SND_CHMAP_FLW 16  /* front left wide */
#define VIRTIO_SND_CHMAP_FRW 17  /* front right wide */
#define VIRTIO_SND_CHMAP_FLH 18  /* front left high */
#define VIRTIO_SND_CHMAP_FCH 19  /* front center high */
#define VIRTIO_SND_CHMAP_FRH 20  /* front right high */
#define VIRTIO_SND_CHMAP_TC 21   /* top center */
#define VIRTIO_SND_CHMAP_TFL 22  /* top front left */
#define VIRTIO_SND_CHMAP_TFR 23  /* top front right */
#define VIRTIO_SND_CHMAP_TFC 24  /* top front center */
#define VIRTIO_SND_CHMAP_TRL 25  /* top rear left */
#define VIRTIO_SND_CHMAP_TRR 26  /* top rear right */
#define VIRTIO_SND_CHMAP_TRC 27  /* top rear center */
#define VIRTIO_SND_CHMAP_TFLC 28 /* top front left center */
#define VIRTIO_SND_CHMAP_TFRC 29 /* top front right center */
#define VIRTIO_SND_CHMAP_TSL 30  /* top side left */
#define VIRTIO_SND_CHMAP_TSR 31  /* top side right */
#define VIRTIO_SND_CHMAP_LLFE 32 /* left low frequency */
#define VIRTIO_SND_CHMAP_RLFE 33 /* right low frequency */
#define VIRTIO_SND_CHMAP_BC 34   /* bottom center */
#define VIRTIO_SND_CHMAP_BLC 35  /* bottom left center */
#define VIRTIO_SND_CHMAP_BRC 36  /* bottom right center */

#define VIRTIO_SND_CHMAP_MAX_SIZE 18

struct virtio_snd_chmap_info {
    struct virtio_snd_info hdr;
    uint8_t direction; /* VIRTIO_SND_D_* */
    uint8_t channels;
    uint8_t positions[VIRTIO_SND_CHMAP_MAX_SIZE]; /* VIRTIO_SND_CHMAP_* */
};

#endif
