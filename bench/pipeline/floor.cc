#include "bench/pipeline/floor.h"

#include <rte_hash_crc.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/pipeline/pairs.h"
#include "dataplane/port/packet_meta.h"
#include "relay/rtp/byte_order.h"

namespace strata::bench {

namespace {

[[noreturn]] void die(const char* what) {
    std::fprintf(stderr, "strata-bench-pipeline: %s\n", what);
    std::exit(1);
}

rte_hash* make_table(std::uint32_t entries) {
    static int number = 0;
    const std::string name = "floor-" + std::to_string(number++);
    rte_hash_parameters parameters{};
    parameters.name = name.c_str();
    parameters.entries = std::max(2 * entries, 64u);
    parameters.key_len = sizeof(dataplane::FlowKey);
    parameters.hash_func = rte_hash_crc;
    rte_hash* const table = rte_hash_create(&parameters);
    if (table == nullptr) die("no hash table");
    return table;
}

relay::PacketParser parser_of(Media media) {
    relay::PacketParser parser;
    parser.payload_types[kPayloadType] = {relay::PayloadRole::media,
                                          is_vp8(media) ? relay::Codec::vp8 : relay::Codec::av1};
    if (media == Media::descriptor)
        parser.extensions.set(kDescriptorExtension, relay::ExtensionKind::dependency_descriptor);
    if (media == Media::browser) {
        parser.extensions.set(kSendTimeExtension, relay::ExtensionKind::abs_send_time);
        parser.extensions.set(kTransportCcExtension, relay::ExtensionKind::transport_cc);
    }
    return parser;
}

}  // namespace

Floor::Floor(const Shape& shape, const dataplane::Pools& pools)
    : pools_(pools),
      port_(port_config(shape), port_options(shape)),
      stream_({.rooms = shape.rooms,
               .media = shape.media,
               .upper_only = shape.unwanted,
               .random_order = shape.random_order}),
      parser_(parser_of(shape.media)),
      publishers_of_(make_table(shape.rooms)),
      publishers_(shape.rooms) {
    if (!port_.start(pools)) die("the in-memory port doesn't start");
    for (std::uint32_t room = 0; room < shape.rooms; ++room) {
        const dataplane::FlowKey flow = publisher_flow(room);
        publishers_[room].ssrc = publisher_ssrc(room);
        if (rte_hash_add_key_data(publishers_of_.get(), &flow, &publishers_[room]) != 0)
            die("the hash table is full");
    }
}

Floor::~Floor() = default;

void Floor::look_at(const rte_mbuf& packet, Publisher& publisher) {
    const std::span bytes(rte_pktmbuf_mtod(&packet, const std::uint8_t*), packet.data_len);
    relay::PacketInfo info;
    if (relay::parse_packet(bytes, parser_, info) != relay::ParseError::none ||
        info.ssrc.value != publisher.ssrc) {
        ++publisher.malformed;
        return;
    }
    publisher.highest = info.sequence.value;
    ++publisher.packets;
    publisher.bytes += bytes.size();
    if (info.temporal_id > 0) ++publisher.upper;
}

void Floor::turn() {
    std::array<rte_mbuf*, kBurst> packets;
    std::array<const void*, kBurst> flows;
    std::array<void*, kBurst> found;
    const std::uint16_t n = port_.rx_burst(0, packets.data(), kBurst, 0);
    for (std::uint16_t i = 0; i < n; ++i) {
        rte_prefetch0(rte_pktmbuf_mtod(packets[i], const void*));
        flows[i] = &dataplane::meta(packets[i]).flow;
    }
    std::uint64_t hits = 0;
    if (rte_hash_lookup_bulk_data(publishers_of_.get(), flows.data(), n, &hits, found.data()) != n)
        die("a publisher isn't known");
    for (std::uint16_t i = 0; i < n; ++i) rte_prefetch0(found[i]);
    for (std::uint16_t i = 0; i < n; ++i) look_at(*packets[i], *static_cast<Publisher*>(found[i]));
    rte_pktmbuf_free_bulk(packets.data(), n);
}

double Floor::run_timed(std::uint64_t inputs) {
    return timed_batches(
        inputs,
        [this](std::uint16_t n) {
            if (!stream_.feed(port_, pools_.rx, n)) die("the receive pool is empty");
        },
        [this] { turn(); });
}

}  // namespace strata::bench
