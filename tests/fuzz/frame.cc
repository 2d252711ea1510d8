#include <rte_mbuf.h>

#include <cstring>
#include <memory>

#include "dataplane/net/icmp_error.h"
#include "dataplane/net/ingress.h"
#include "tests/fuzz/invariant.h"

using namespace strata::dataplane;
using net::Ingress;

namespace {

constexpr std::uint16_t kRoom = 64;  // in front of the frame, and behind it where there is any

// One address of either family, or of both.
net::LocalNet local_net(bool v6, bool both, bool tagged) {
    net::LocalNet local;
    local.mac = {2, 0, 0, 0, 0, 1};
    const auto v4_address = IpAddress::v4({10, 0, 0, 1});
    const IpAddress v6_address{{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    if (!v6 || both) local.own.add({v4_address, 24});
    if (v6 || both) local.own.add({v6_address, 64});
    local.vlan = tagged ? 7 : 0;
    local.first_port = 4000;
    local.ports = 2;
    return local;
}

}  // namespace

// The first byte says who we are and whether there is room for a longer answer; the rest is a frame
// from an Ethernet link. What is delivered lies within it, and an answer within the buffer.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4'096) return 0;
    const auto local = local_net(data[0] & 1, data[0] & 8, data[0] & 2);
    const std::uint16_t behind = data[0] & 4 ? kRoom : 0;
    const auto bytes = static_cast<std::uint16_t>(size - 1);
    const auto buffer = std::make_unique<std::uint8_t[]>(kRoom + bytes + behind);
    std::memcpy(buffer.get() + kRoom, data + 1, bytes);
    rte_mbuf m{};
    m.buf_addr = buffer.get();
    m.buf_len = static_cast<std::uint16_t>(kRoom + bytes + behind);
    m.data_off = kRoom;
    m.nb_segs = 1;
    m.data_len = bytes;
    m.pkt_len = bytes;

    FlowKey flow;
    const Ingress in = net::receive_frame(m, local, flow);
    INVARIANT(m.data_len == m.pkt_len);
    INVARIANT(in.counter >= kConsumedFirst && in.counter <= kConsumedLast);
    switch (in.action) {
        case Ingress::Action::deliver:
            INVARIANT(m.data_off >= kRoom + net::kIpv4HeadBytes);
            INVARIANT(m.data_off + m.data_len <= kRoom + bytes);
            INVARIANT(in.worker < local.ports && local.own.has(flow.local));
            INVARIANT(flow.local_port == local.first_port + in.worker && flow.remote_port != 0);
            break;
        case Ingress::Action::reply:
            INVARIANT(m.data_off == kRoom && m.data_len <= bytes + behind);
            INVARIANT(std::memcmp(buffer.get() + kRoom + 6, local.mac.data(), 6) == 0);
            break;
        case Ingress::Action::consumed: INVARIANT(m.data_off == kRoom && m.data_len == bytes);
    }
    INVARIANT(!in.icmp_error ||
              (local.own.has(flow.local) && flow.local_port - local.first_port < local.ports));
    INVARIANT(in.path_mtu == 0 || in.path_mtu >= net::kLeastPathMtuV4);
    if (in.counter == PortCounter::rx_unknown_port && net::answer_port_unreachable(m, local))
        INVARIANT(m.data_off == kRoom && m.data_len <= bytes + behind);
    INVARIANT(!in.learned || (in.neighbour.is_v4() ? local.own.has_v4() : local.own.has_v6()));
    INVARIANT(in.action != Ingress::Action::deliver || flow.local.is_v4() == flow.remote.is_v4());
    return 0;
}
