#pragma once

#include <cstdint>

#include "bench/pipeline/stream.h"
#include "dataplane/port/memory_port.h"
#include "relay/srtp/profile.h"

namespace strata::bench {

// One situation that loops are measured in.
struct Shape {
    std::uint32_t receivers = 1;  // in all rooms together
    std::uint32_t rooms = 1;
    Media media = Media::vp8;
    std::uint32_t in_flight = 0;
    bool udp_checksum = false;
    // What receivers' packets are encrypted with; the publisher's are in the clear.
    relay::SrtpProfile srtp = relay::SrtpProfile::none;
    bool unwanted = false;  // receivers take the lower temporal layer only, all packets are upper
    bool random_order = false;  // of publishers
    // Every publisher and the first receiver of each room are captured, headers only, one packet of
    // a hundred, beside another capture and a trace of somebody who isn't here.
    bool observed = false;
    bool traced = false;  // besides, every packet of room 0 is traced
    // Besides: every tenth of a second the next packets of room 0 are traced, and a hundred times a
    // second a room comes and goes again. In run_timed() alone.
    bool bustle = false;
    bool transport_wide = false;  // receivers have transport-wide numbers; of Media::browser
    bool transit = false;         // the worker takes the time that its outputs are in it
};

inline dataplane::PortConfig port_config(const Shape& shape) {
    return {.base_udp_port = kWorkerPort, .udp_checksum = shape.udp_checksum};
}
inline dataplane::MemoryPort::Options port_options(const Shape& shape) {
    return {.link_kind = dataplane::LinkKind::ethernet, .in_flight = shape.in_flight};
}

}  // namespace strata::bench
