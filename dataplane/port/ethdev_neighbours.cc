#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "dataplane/net/arp.h"
#include "dataplane/net/neighbour_discovery.h"
#include "dataplane/port/ethdev_port.h"

// Where packets go next: links, next hops, packets that wait for them, and what others learn of us.
namespace strata::dataplane {

namespace {

constexpr relay::TimeUs kRoundUs = 50'000;  // between rounds over the neighbours
constexpr std::uint32_t kRequestsPerRound = 32;
// RFC 4861 section 10: MAX_NEIGHBOR_ADVERTISEMENT, RetransTimer; as many for ARP.
constexpr unsigned kAnnouncements = 3;
constexpr relay::TimeUs kAnnouncementUs = 1'000'000;
constexpr unsigned kReports = 2;  // RFC 3810 section 9.1: robustness; with the announcements
constexpr relay::TimeUs kReportUs = 500'000;      // between answers, well within a second
constexpr relay::TimeUs kDefenceUs = 10'000'000;  // RFC 5227 section 2.4: DEFEND_INTERVAL

}  // namespace

// What the network says of others and of our addresses.
void EthdevPort::take_note(const net::Ingress& in, const FlowKey& flow, relay::TimeUs now) {
    PortCounters& counters = counters_[0];
    if (in.learned) learn(in, now);
    if (in.conflict) ++counters[PortCounter::address_conflicts];
    groups_asked_for_ |= in.groups_asked_for;
    if (in.old_querier) old_querier_until_us_ = now + net::kOldQuerierUs;
    if (in.claimed && now >= next_defence_us_) {
        next_defence_us_ = now + kDefenceUs;
        announcements_left_ = std::max(announcements_left_, 1u);
        next_announcement_us_ = now;
    }
    if (!in.icmp_error) return;
    ++counters[PortCounter::icmp_errors];
    if (in.path_mtu == 0 || in.path_mtu >= ethdev_.mtu) return;
    Queue& queue = *queues_[flow.local_port - local_.first_port];
    if (!icmp_followed_.take(now) || !queue.path_mtus.push({flow, in.path_mtu}))
        ++counters[PortCounter::icmp_limited];
}

void EthdevPort::learn(const net::Ingress& in, relay::TimeUs now) {
    using Learned = net::NeighbourTable::Learned;
    const Learned learned =
        neighbours_.learn(in.neighbour, in.mac, now, {in.solicited, in.overrides});
    if (learned == Learned::moved) ++counters_[0][PortCounter::neighbours_moved];
    if (learned == Learned::refused) ++counters_[0][PortCounter::neighbour_claims_refused];
}

std::uint32_t EthdevPort::hold(std::uint16_t queue, rte_mbuf** packets, std::uint32_t n,
                               relay::TimeUs now) {
    for (std::uint32_t i = 0; i < n; ++i)
        if (!drop_without_route(queue, packets[i]) && !hold_limited(queue, packets[i], now) &&
            queues_[queue]->held.hold(packets + i, 1, now) == 0)
            return i;
    return n;
}

// False: somebody is to be sent it.
bool EthdevPort::drop_without_route(std::uint16_t queue, rte_mbuf* m) {
    if (net::Awaited::of(rte_pktmbuf_mtod(m, const std::uint8_t*)).index != neighbours_.nobody())
        return false;
    ++counters_[queue][PortCounter::hold_no_route];
    rte_pktmbuf_free(m);
    return true;
}

// Packets over a path with a limit come here though their next hop may be known: they leave at
// once, if they are small enough. False: `m` isn't one.
bool EthdevPort::hold_limited(std::uint16_t queue, rte_mbuf* m, relay::TimeUs now) {
    auto* frame = rte_pktmbuf_mtod(m, std::uint8_t*);
    const net::Awaited awaited = net::Awaited::of(frame);
    const auto path = neighbours_.path(awaited.index);
    if (!path) return false;
    if (!neighbours_.leads(awaited, *path)) {
        ++counters_[queue][PortCounter::hold_dropped];
        rte_pktmbuf_free(m);
        return true;
    }
    const std::uint32_t ethernet = std::uint32_t{net::kEthernetBytes} + local_.tag_bytes();
    if (m->pkt_len - ethernet > path->limit) {
        ++counters_[queue][PortCounter::hold_too_large];
        rte_pktmbuf_free(m);
        return true;
    }
    if ((path->word & net::Neighbour::kResolved) != 0) {
        std::memcpy(frame, &path->word, 6);
        if (tx_burst(queue, &m, 1).sent == 1) {
            ++counters_[queue][PortCounter::hold_sent];
            return true;
        }
    }
    const std::uint64_t hop =
        net::Neighbour::unresolved(path->hop, net::Neighbour::generation_of(path->word));
    std::memcpy(frame, &hop, 6);
    if (queues_[queue]->held.hold(&m, 1, now) == 0) {
        ++counters_[queue][PortCounter::hold_dropped];
        rte_pktmbuf_free(m);
    }
    return true;
}

std::uint32_t EthdevPort::held(std::uint16_t queue) const { return queues_[queue]->held.size(); }

void EthdevPort::release_held(std::uint16_t queue, relay::TimeUs now) {
    Queue& q = *queues_[queue];
    std::array<rte_mbuf*, kBurst> ready;
    const HeldPackets::Released released =
        q.held.release(neighbours_.words(), ready.data(), kBurst, now);
    const std::uint32_t sent = tx_burst(queue, ready.data(), released.ready).sent;
    for (std::uint32_t i = sent; i < released.ready; ++i) rte_pktmbuf_free(ready[i]);
    q.held.only_sent(sent);
    counters_[queue][PortCounter::hold_sent] += sent;
    counters_[queue][PortCounter::hold_dropped] += released.dropped + released.ready - sent;
}

LinkState EthdevPort::make_link(const FlowKey& flow, std::span<std::byte, kLinkBytes> link) {
    if (flow.remote_port == 0) return LinkState::refused;
    const auto hop = learned_routes_.next_hop(local_, flow.remote);
    if (hop) return write_link(flow, neighbours_.acquire(*hop, flow.remote), link);
    if (hop.error() != net::NoWay::no_route) return LinkState::refused;
    write_link(flow, neighbours_.nobody(), link);
    return LinkState::unreachable;
}

LinkState EthdevPort::make_answer_link(const FlowKey& flow, std::span<std::byte, kLinkBytes> link) {
    const auto hop = learned_routes_.next_hop(local_, flow.remote);
    if (!hop || flow.remote_port == 0) return LinkState::refused;
    return write_link(flow, neighbours_.acquire_resolved(*hop, flow.remote), link);
}

LinkState EthdevPort::write_link(const FlowKey& flow, std::optional<std::uint16_t> neighbour,
                                 std::span<std::byte, kLinkBytes> link) const {
    if (!neighbour) return LinkState::refused;
    FlowKey full = flow;
    if (flow.local.is_v4() != flow.remote.is_v4() || !local_.own.has(flow.local))
        full.local = local_.own.towards(flow.remote)->address;
    if (full.local_port == 0) full.local_port = local_.first_port;
    net::make_ethernet_link(full, local_.mac, *neighbour, link);
    return neighbours_.resolved(*neighbour) ? LinkState::ready : LinkState::resolving;
}

void EthdevPort::release_link(std::span<const std::byte, kLinkBytes> link) {
    neighbours_.release(net::neighbour_of(link));
}

bool EthdevPort::has_route(std::span<const std::byte, kLinkBytes> link) const {
    return net::neighbour_of(link) != neighbours_.nobody();
}

bool EthdevPort::next_path_mtu(std::uint16_t queue, PathMtu& path) {
    return queues_[queue]->path_mtus.pop(path);
}

bool EthdevPort::limit_path(const PathMtu& path, relay::TimeUs now) {
    const auto hop = learned_routes_.next_hop(local_, path.flow.remote);
    return hop && neighbours_.limit_path(*hop, path.flow.remote, path.mtu, now);
}

void EthdevPort::watch_link() {
    follow_kernel_routes();
    rte_eth_link link{};
    if (rte_eth_link_get_nowait(device_.id(), &link) != 0) return;
    const bool up = link.link_status == RTE_ETH_LINK_UP;
    if (up && !link_up_) {
        came_up_.store(true, std::memory_order_relaxed);
        if (std::exchange(link_was_up_, true)) device_.renew_steering();
    }
    link_up_ = up;
}

void EthdevPort::poll_slow(std::uint16_t queue, relay::TimeUs now) {
    if (queues_[queue]->held.size() != 0) release_held(queue, now);
    if (queue != 0) return;
    if (kernel_) send_from_kernel();
    if (device_.tx_queues() < config_.workers) send_for_others();
    if (now >= next_round_us_ || neighbours_.take_added()) ask_neighbours(now);
}

void EthdevPort::ask_neighbours(relay::TimeUs now) {
    next_round_us_ = now + kRoundUs;
    announce(now);
    if (groups_asked_for_ && now >= next_report_us_)
        report_groups(net::ReportRecord::mode_is_exclude, now);
    std::array<net::NeighbourTable::Request, kRequestsPerRound> requests;
    const net::NeighbourTable::Round round = neighbours_.requests(requests, now);
    for (std::uint32_t i = 0; i < round.requests; ++i) ask(requests[i]);
    counters_[0][PortCounter::neighbour_claims_refused] += round.refused;
}

// From the address that has the next hop on its link. Next hops are of a family that we have.
void EthdevPort::ask(const net::NeighbourTable::Request& request) {
    const IpAddress& hop = request.hop;
    const IpAddress& source = local_.own.towards(hop)->address;
    const auto write = [&](std::uint8_t* frame) {
        if (request.at) {
            const net::Station station{hop, *request.at};
            return hop.is_v4() ? net::write_arp_poll(local_, source, station, frame)
                               : net::write_unicast_solicitation(local_, source, station, frame);
        }
        return hop.is_v4() ? net::write_arp_request(local_, source, hop, frame)
                           : net::write_solicitation(local_, source, hop, frame);
    };
    send_written(PortCounter::arp_requests, write);
}

// Neighbours and switches learn where our addresses are without having asked: at start, when the
// link has come up, and when somebody else claims one of them.
void EthdevPort::announce(relay::TimeUs now) {
    if (came_up_.load(std::memory_order_relaxed) && came_up_.exchange(false)) {
        announcements_left_ = kAnnouncements;
        reports_left_ = kReports;
        next_announcement_us_ = now;
    }
    if (announcements_left_ == 0 || now < next_announcement_us_) return;
    --announcements_left_;
    next_announcement_us_ = now + kAnnouncementUs;
    for (const net::Prefix& own : local_.own.all()) announce(own.address);
    if (reports_left_ == 0) return;
    --reports_left_;
    report_groups(net::ReportRecord::change_to_exclude_mode, now);
}

// For ARP this is a request for our own address (RFC 5227 section 3).
void EthdevPort::announce(const IpAddress& address) {
    const auto write = [&](std::uint8_t* frame) {
        return address.is_v4() ? net::write_arp_request(local_, address, address, frame)
                               : net::write_announcement(local_, address, frame);
    };
    send_written(PortCounter::announcements, write);
}

// Switches that snoop bring solicitations to those that say that they listen. Where the kernel has
// our addresses it says so. A router that knows only version 1 has all reports of that (RFC 3810
// section 8.2.1), those unasked too, which routers of version 2 read as well.
void EthdevPort::report_groups(net::ReportRecord type, relay::TimeUs now) {
    next_report_us_ = now + kReportUs;
    groups_asked_for_ = false;
    if (kernel_ || !local_.own.has_v6()) return;
    if (now >= old_querier_until_us_) {
        send_written(PortCounter::listener_reports,
                     [&](std::uint8_t* frame) { return net::write_report(local_, type, frame); });
        return;
    }
    const net::SolicitedGroups groups(local_);
    for (const IpAddress& group : groups.all())
        send_written(PortCounter::listener_reports, [&](std::uint8_t* frame) {
            return net::write_report_v1(local_, group, frame);
        });
}

// A frame of our own, counted as `sent`; `write` returns its size.
template <typename Write>
void EthdevPort::send_written(PortCounter sent, Write write) {
    rte_mbuf* m = rte_pktmbuf_alloc(header_pool_);
    bool left = false;
    if (m != nullptr) {
        m->data_len = write(rte_pktmbuf_mtod(m, std::uint8_t*));
        m->pkt_len = m->data_len;
        left = send_own(m);
    }
    ++counters_[0][left ? sent : PortCounter::own_lost];
}

}  // namespace strata::dataplane
