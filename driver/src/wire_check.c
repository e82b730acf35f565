/* SPDX-License-Identifier: MIT */
/* Pins every layout of wire.h to the offsets of the specification, on every
 * compiler and CPU it is built with. No code. */
#include "ringtrue/wire.h"
#include <stddef.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type)
#define AT(type, member, bytes)                                                \
    _Static_assert(offsetof(type, member) == (bytes), #type " " #member)

/* 2.7.5 */
SIZE(struct virtq_desc, 16);
AT(struct virtq_desc, addr, 0);
AT(struct virtq_desc, len, 8);
AT(struct virtq_desc, flags, 12);
AT(struct virtq_desc, next, 14);

/* 2.7.6 */
SIZE(struct virtq_avail, 4);
AT(struct virtq_avail, flags, 0);
AT(struct virtq_avail, idx, 2);

/* 2.7.8 */
SIZE(struct virtq_used_elem, 8);
AT(struct virtq_used_elem, id, 0);
AT(struct virtq_used_elem, len, 4);
SIZE(struct virtq_used, 4);
AT(struct virtq_used, flags, 0);
AT(struct virtq_used, idx, 2);

/* 2.8.13, 2.8.14 */
SIZE(struct pvirtq_desc, 16);
AT(struct pvirtq_desc, addr, 0);
AT(struct pvirtq_desc, len, 8);
AT(struct pvirtq_desc, id, 12);
AT(struct pvirtq_desc, flags, 14);
SIZE(struct pvirtq_event_suppress, 4);
AT(struct pvirtq_event_suppress, desc, 0);
AT(struct pvirtq_event_suppress, flags, 2);

/* 5.2.4 */
SIZE(struct virtio_blk_config, 72);
AT(struct virtio_blk_config, capacity, 0);
AT(struct virtio_blk_config, size_max, 8);
AT(struct virtio_blk_config, seg_max, 12);
AT(struct virtio_blk_config, geometry.cylinders, 16);
AT(struct virtio_blk_config, geometry.heads, 18);
AT(struct virtio_blk_config, geometry.sectors, 19);
AT(struct virtio_blk_config, blk_size, 20);
AT(struct virtio_blk_config, topology.physical_block_exp, 24);
AT(struct virtio_blk_config, topology.alignment_offset, 25);
AT(struct virtio_blk_config, topology.min_io_size, 26);
AT(struct virtio_blk_config, topology.opt_io_size, 28);
AT(struct virtio_blk_config, writeback, 32);
AT(struct virtio_blk_config, unused0, 33);
AT(struct virtio_blk_config, num_queues, 34);
AT(struct virtio_blk_config, max_discard_sectors, 36);
AT(struct virtio_blk_config, max_discard_seg, 40);
AT(struct virtio_blk_config, discard_sector_alignment, 44);
AT(struct virtio_blk_config, max_write_zeroes_sectors, 48);
AT(struct virtio_blk_config, max_write_zeroes_seg, 52);
AT(struct virtio_blk_config, write_zeroes_may_unmap, 56);
AT(struct virtio_blk_config, unused1, 57);
AT(struct virtio_blk_config, max_secure_erase_sectors, 60);
AT(struct virtio_blk_config, max_secure_erase_seg, 64);
AT(struct virtio_blk_config, secure_erase_sector_alignment, 68);

/* 5.2.6 */
SIZE(struct virtio_blk_req, 16);
AT(struct virtio_blk_req, type, 0);
AT(struct virtio_blk_req, reserved, 4);
AT(struct virtio_blk_req, sector, 8);
SIZE(struct virtio_blk_discard_write_zeroes, 16);
AT(struct virtio_blk_discard_write_zeroes, sector, 0);
AT(struct virtio_blk_discard_write_zeroes, num_sectors, 8);
AT(struct virtio_blk_discard_write_zeroes, flags, 12);
SIZE(struct virtio_blk_lifetime, 6);
AT(struct virtio_blk_lifetime, pre_eol_info, 0);
AT(struct virtio_blk_lifetime, device_lifetime_est_typ_a, 2);
AT(struct virtio_blk_lifetime, device_lifetime_est_typ_b, 4);

/* 5.14.4 */
SIZE(struct virtio_snd_config, 12);
AT(struct virtio_snd_config, jacks, 0);
AT(struct virtio_snd_config, streams, 4);
AT(struct virtio_snd_config, chmaps, 8);

/* 5.14.6 */
SIZE(struct virtio_snd_hdr, 4);
AT(struct virtio_snd_hdr, code, 0);
SIZE(struct virtio_snd_event, 8);
AT(struct virtio_snd_event, hdr.code, 0);
AT(struct virtio_snd_event, data, 4);
SIZE(struct virtio_snd_query_info, 16);
AT(struct virtio_snd_query_info, hdr.code, 0);
AT(struct virtio_snd_query_info, start_id, 4);
AT(struct virtio_snd_query_info, count, 8);
AT(struct virtio_snd_query_info, size, 12);
SIZE(struct virtio_snd_info, 4);
AT(struct virtio_snd_info, hda_fn_nid, 0);

/* 5.14.6.4 */
SIZE(struct virtio_snd_jack_hdr, 8);
AT(struct virtio_snd_jack_hdr, hdr.code, 0);
AT(struct virtio_snd_jack_hdr, jack_id, 4);
SIZE(struct virtio_snd_jack_info, 24);
AT(struct virtio_snd_jack_info, hdr.hda_fn_nid, 0);
AT(struct virtio_snd_jack_info, features, 4);
AT(struct virtio_snd_jack_info, hda_reg_defconf, 8);
AT(struct virtio_snd_jack_info, hda_reg_caps, 12);
AT(struct virtio_snd_jack_info, connected, 16);
AT(struct virtio_snd_jack_info, padding, 17);
SIZE(struct virtio_snd_jack_remap, 16);
AT(struct virtio_snd_jack_remap, hdr.hdr.code, 0);
AT(struct virtio_snd_jack_remap, hdr.jack_id, 4);
AT(struct virtio_snd_jack_remap, association, 8);
AT(struct virtio_snd_jack_remap, sequence, 12);

/* 5.14.6.6 */
SIZE(struct virtio_snd_pcm_hdr, 8);
AT(struct virtio_snd_pcm_hdr, hdr.code, 0);
AT(struct virtio_snd_pcm_hdr, stream_id, 4);
SIZE(struct virtio_snd_pcm_info, 32);
AT(struct virtio_snd_pcm_info, hdr.hda_fn_nid, 0);
AT(struct virtio_snd_pcm_info, features, 4);
AT(struct virtio_snd_pcm_info, formats, 8);
AT(struct virtio_snd_pcm_info, rates, 16);
AT(struct virtio_snd_pcm_info, direction, 24);
AT(struct virtio_snd_pcm_info, channels_min, 25);
AT(struct virtio_snd_pcm_info, channels_max, 26);
AT(struct virtio_snd_pcm_info, padding, 27);
SIZE(struct virtio_snd_pcm_set_params, 24);
AT(struct virtio_snd_pcm_set_params, hdr.hdr.code, 0);
AT(struct virtio_snd_pcm_set_params, hdr.stream_id, 4);
AT(struct virtio_snd_pcm_set_params, buffer_bytes, 8);
AT(struct virtio_snd_pcm_set_params, period_bytes, 12);
AT(struct virtio_snd_pcm_set_params, features, 16);
AT(struct virtio_snd_pcm_set_params, channels, 20);
AT(struct virtio_snd_pcm_set_params, format, 21);
AT(struct virtio_snd_pcm_set_params, rate, 22);
AT(struct virtio_snd_pcm_set_params, padding, 23);

/* 5.14.6.8 */
SIZE(struct virtio_snd_pcm_xfer, 4);
AT(struct virtio_snd_pcm_xfer, stream_id, 0);
SIZE(struct virtio_snd_pcm_status, 8);
AT(struct virtio_snd_pcm_status, status, 0);
AT(struct virtio_snd_pcm_status, latency_bytes, 4);

/* 5.14.6.9 */
SIZE(struct virtio_snd_chmap_info, 24);
AT(struct virtio_snd_chmap_info, hdr.hda_fn_nid, 0);
AT(struct virtio_snd_chmap_info, direction, 4);
AT(struct virtio_snd_chmap_info, channels, 5);
AT(struct virtio_snd_chmap_info, positions, 6);
