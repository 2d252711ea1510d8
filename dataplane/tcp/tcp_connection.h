#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/port/flow_key.h"
#include "dataplane/tcp/send_queue.h"
#include "dataplane/tcp/tcp_flow.h"
#include "relay/ice/framing.h"

namespace strata::dataplane {

// One place for an accepted connection. A place is used again only when no operation of its former
// connection is under way any more. Thread: TcpServer's.
struct TcpConnection {
    enum class State : std::uint8_t {
        free,
        undecided,  // nothing was read: what it speaks isn't known yet
        open,       // ICE-TCP; belongs to a worker
        closing,    // operations are still under way, or its worker doesn't know yet
    };
    // Of one send: what is given to the kernel can't be dropped any more.
    static constexpr std::size_t kPartsInFlight = 16;
    static constexpr std::uint32_t kBytesInFlight = 16'384;

    State state = State::free;
    bool ended = false;  // undecided: the peer sends no more
    bool sending = false;
    bool report = false;  // closing: its worker is to be told
    std::uint8_t operations = 0;
    std::uint16_t queue = 0;  // open: of its worker
    int fd = -1;
    TcpHandle handle;
    FlowKey flow;
    relay::TimeUs deadline_us = 0;  // by which a session must have claimed it; 0: one has
    std::unique_ptr<relay::FrameReader> reader;
    std::unique_ptr<SendQueue> waiting;
    TxClass told = kHighestTxClass;  // to its worker: the uppermost class that is taken
    std::vector<SendQueue::Packet> in_flight;
    std::array<iovec, kPartsInFlight> parts{};
    msghdr message{};
};

}  // namespace strata::dataplane
