#include <rte_mbuf.h>

#include <array>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/net/icmp_error.h"
#include "dataplane/net/ingress.h"
#include "dataplane/net/multicast_listener.h"
#include "tests/fuzz/invariant.h"

using namespace strata::dataplane;
using net::Ingress;

namespace {

constexpr std::uint16_t kRoom = 64;       // in front of the frame
constexpr std::uint16_t kBehind = 2'048;  // behind it, where there is room for a longer answer

using Bytes = std::vector<std::uint8_t>;

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

// Behind its link header, tagged or not.
std::span<const std::uint8_t> body(std::span<const std::uint8_t> frame) {
    return frame.subspan(net::get_be16(&frame[12]) == net::kEtherTypeVlan ? 18 : 14);
}

// "Port unreachable" goes back to where `frame` came from and quotes its beginning.
void check_unreachable(std::span<const std::uint8_t> answer, std::span<const std::uint8_t> frame,
                       const net::LocalNet& local) {
    INVARIANT(std::memcmp(&answer[0], &frame[6], 6) == 0);
    INVARIANT(std::memcmp(&answer[6], local.mac.data(), 6) == 0);
    INVARIANT((net::get_be16(&answer[12]) == net::kEtherTypeVlan) == (local.vlan != 0));
    const auto packet = body(answer), asked = body(frame);
    const bool v6 = asked[0] >> 4 == 6;
    INVARIANT(packet[0] >> 4 == asked[0] >> 4);
    INVARIANT(net::get_be16(&packet[0] - 2) == (v6 ? net::kEtherTypeIpv6 : net::kEtherTypeIpv4));
    const auto quoted = packet.subspan((v6 ? net::kIpv6Bytes : net::kIpv4Bytes) + 8u);
    INVARIANT(quoted.size() <= asked.size());
    INVARIANT(std::memcmp(quoted.data(), asked.data(), quoted.size()) == 0);
}

// What goes back to a query reads as no query, and fits.
void check_reports(const net::LocalNet& local) {
    std::array<std::uint8_t, net::kMaxReportFrame> frame;
    const net::SolicitedGroups groups(local);
    INVARIANT(!groups.all().empty());
    for (const IpAddress& group : groups.all()) {
        const std::size_t size = net::write_report_v1(local, group, frame.data());
        INVARIANT(size <= frame.size());
        INVARIANT(!net::parse_listener_query(body({frame.data(), size}), local));
    }
    const auto type = net::ReportRecord::mode_is_exclude;
    const std::size_t size = net::write_report(local, type, frame.data());
    INVARIANT(size <= frame.size());
    INVARIANT(!net::parse_listener_query(body({frame.data(), size}), local));
}

// What becomes of `frame`, with `filler` in the rest of its buffer. What is delivered lies within
// the frame, an answer within the buffer; the bytes of either are returned.
Bytes receive(std::span<const std::uint8_t> frame, const net::LocalNet& local, std::uint16_t behind,
              std::uint8_t filler) {
    const auto bytes = static_cast<std::uint16_t>(frame.size());
    const auto buffer = std::make_unique<std::uint8_t[]>(kRoom + bytes + behind);
    std::memset(buffer.get(), filler, kRoom + bytes + behind);
    std::memcpy(buffer.get() + kRoom, frame.data(), bytes);
    rte_mbuf m{};
    m.buf_addr = buffer.get();
    m.buf_len = static_cast<std::uint16_t>(kRoom + bytes + behind);
    m.data_off = kRoom;
    m.nb_segs = 1;
    m.data_len = bytes;
    m.pkt_len = bytes;
    const auto data = [&m] {
        const auto* at = rte_pktmbuf_mtod(&m, const std::uint8_t*);
        return Bytes(at, at + m.data_len);
    };

    FlowKey flow;
    const Ingress in = net::receive_frame(m, local, flow);
    INVARIANT(m.data_len == m.pkt_len);
    INVARIANT(in.counter >= kConsumedFirst && in.counter <= kConsumedLast);
    // A priority tag may have been taken off.
    const bool untagged = m.data_off == kRoom + net::kVlanBytes;
    switch (in.action) {
        case Ingress::Action::deliver:
            INVARIANT(m.data_off >= kRoom + net::kIpv4HeadBytes);
            INVARIANT(m.data_off + m.data_len <= kRoom + bytes);
            INVARIANT(in.worker < local.ports && local.own.has(flow.local));
            INVARIANT(flow.local_port == local.first_port + in.worker && flow.remote_port != 0);
            break;
        case Ingress::Action::reply:
            INVARIANT(m.data_off == kRoom || untagged);
            INVARIANT(m.data_off + m.data_len <= m.buf_len);
            INVARIANT(std::memcmp(data().data() + 6, local.mac.data(), 6) == 0);
            break;
        case Ingress::Action::consumed:
            INVARIANT(m.data_off == kRoom || untagged);
            INVARIANT(m.data_off + m.data_len == kRoom + bytes);
    }
    INVARIANT(!in.icmp_error ||
              (local.own.has(flow.local) && flow.local_port - local.first_port < local.ports));
    INVARIANT(in.path_mtu == 0 || in.path_mtu >= net::kLeastPathMtuV4);
    if (in.counter == PortCounter::rx_unknown_port && net::answer_port_unreachable(m, local)) {
        INVARIANT(m.data_len == m.pkt_len && m.data_off + m.data_len <= m.buf_len);
        check_unreachable(data(), frame, local);
    }
    INVARIANT(in.learned || !in.solicited);
    INVARIANT(local.own.has_v6() || !(in.groups_asked_for || in.old_querier));
    if (in.groups_asked_for) check_reports(local);
    INVARIANT(!in.learned || (in.neighbour.is_v4() ? local.own.has_v4() : local.own.has_v6()));
    INVARIANT(in.action != Ingress::Action::deliver || flow.local.is_v4() == flow.remote.is_v4());
    return data();
}

}  // namespace

// The first byte says who we are and whether there is room for a longer answer; the rest is a frame
// from an Ethernet link. Nothing that is done depends on what the buffer held before.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4'096) return 0;
    const auto local = local_net(data[0] & 1, data[0] & 8, data[0] & 2);
    const std::uint16_t behind = data[0] & 4 ? kBehind : 0;
    const std::span frame(data + 1, size - 1);
    INVARIANT(receive(frame, local, behind, 0xa5) == receive(frame, local, behind, 0x3c));
    return 0;
}
