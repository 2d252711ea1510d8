#pragma once

#include <rte_mbuf.h>
#include <sys/socket.h>

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace strata::dataplane {

// Regroups a transmit burst by destination and lays it out for sendmmsg: a run of packets of equal
// size to one destination, the last of which may be shorter, becomes one message with UDP_SEGMENT
// (generic segmentation offload). Destinations come in the order of their first packet, each one's
// packets keep their order. All memory is taken at construction.
class SocketBatch {
  public:
    static constexpr std::uint32_t kMaxPackets = 2'048;        // of one batch
    static constexpr std::uint32_t kMaxSegments = 64;          // Linux: UDP_MAX_SEGMENTS
    static constexpr std::uint32_t kMaxMessageBytes = 65'000;  // under the limit of 65,507

    struct Message {
        std::uint32_t first = 0;    // index into order()
        std::uint32_t packets = 0;  // more than one: UDP_SEGMENT
    };

    SocketBatch();
    // What it takes beside its own size.
    static constexpr std::size_t bytes() {
        return kBuckets * sizeof(std::uint32_t) +
               kMaxPackets * (4 * sizeof(std::uint32_t) + sizeof(Destination) + sizeof(Message) +
                              sizeof(mmsghdr) + kMaxChain * sizeof(iovec) + sizeof(Control) +
                              sizeof(rte_mbuf*));
    }

    // Lays out `packets` (at most kMaxPackets), each beginning with net::kSocketLinkBytes of
    // address.
    void arrange(std::span<rte_mbuf* const> packets, bool gso);

    std::span<mmsghdr> headers() { return {headers_.data(), message_count_}; }
    const Message& message(std::uint32_t i) const { return messages_[i]; }
    // Indices into `packets`, in the order in which messages carry them.
    std::span<const std::uint32_t> order() const { return {order_.data(), packet_count_}; }
    // A message header for one packet of a message, for sending it on its own.
    msghdr single(std::uint32_t order_index);

  private:
    static constexpr std::uint32_t kBuckets = kMaxPackets * 2;
    static constexpr int kHashShift = 32 - std::countr_zero(kBuckets);  // of a hash of 32 bits
    static constexpr std::uint32_t kNone = ~0u;
    static constexpr std::uint32_t kMaxChain = 4;  // segments of one packet

    // Packets of one destination, linked through next_.
    struct Destination {
        std::uint32_t first, last;
    };
    // The message being filled: `segment` is the size of its first packet, `last` that of its
    // newest.
    struct Run {
        std::uint32_t first = 0, packets = 0, segment = 0, bytes = 0, last = 0;
        bool takes(std::uint32_t size) const {
            return packets != 0 && packets < kMaxSegments && size != 0 && last == segment &&
                   size <= segment && bytes + size <= kMaxMessageBytes;
        }
    };
    union Control {
        cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(std::uint16_t))];
    };

    void group(std::span<rte_mbuf* const> packets);
    std::uint32_t destination_of(std::span<rte_mbuf* const> packets, std::uint32_t packet);
    void lay_out(std::span<rte_mbuf* const> packets, bool gso);
    std::uint32_t add_vectors(const rte_mbuf* packet);
    void close_message(const Run& run);

    std::vector<std::uint32_t> buckets_;  // destination index by address hash, kNone: empty
    std::vector<std::uint32_t> used_;     // buckets to clear
    std::vector<Destination> destinations_;
    std::vector<std::uint32_t> next_;
    std::vector<std::uint32_t> order_;
    std::vector<Message> messages_;
    std::vector<mmsghdr> headers_;
    std::vector<iovec> vectors_;
    std::vector<std::uint32_t> first_vector_;  // of each packet, by order index
    std::vector<Control> controls_;
    std::vector<rte_mbuf*> heads_;  // by order index: where a message's address lies
    std::uint32_t packet_count_ = 0, message_count_ = 0, vector_count_ = 0, destination_count_ = 0;
};

}  // namespace strata::dataplane
