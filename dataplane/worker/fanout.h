#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/port/pools.h"
#include "dataplane/port/port.h"
#include "dataplane/port/tx_queue.h"
#include "relay/srtp/cipher.h"
#include "relay/svc/track.h"

namespace strata::dataplane {

struct FanOutConfig {
    // Payloads up to this many bytes are copied behind the header instead of chained; 0: never.
    // At most kTinyPayloadMax.
    std::uint16_t tiny_payload_bytes = 0;
    TxQueueConfig tx_queue;
    // Encrypts for receivers with a seal; its owner's. Null: there are none.
    relay::SrtpCipher* cipher = nullptr;
};

constexpr std::size_t kOwnPacketBytes = 2'048;
constexpr std::uint16_t kTinyPayloadMax = 192;
// mbuf reference counts are 16 bits and wrap silently: more receivers take another indirect mbuf.
constexpr std::uint32_t kMaxReferences = 32'000;

// Which of its worker's ports a receiver's packets leave by.
inline std::size_t port_of(const relay::ReceiverSlot& slot) {
    return std::to_integer<std::size_t>(slot.link[kLinkPortByte]);
}

// Every output that was asked for ends in exactly one of the first group; `queued_for_tx` goes on
// in TxQueueCounters::pushed. selected = queued_for_tx + no_header_mbuf + no_payload_mbuf +
// too_large + unkeyed + index_used.
struct FanOutCounters {
    std::uint64_t selected = 0;
    std::uint64_t queued_for_tx = 0;
    std::uint64_t no_header_mbuf = 0;   // header pool empty
    std::uint64_t no_payload_mbuf = 0;  // indirect (or linear) pool empty
    std::uint64_t too_large = 0;        // beyond what the port sends, or the receiver's link takes
    std::uint64_t unkeyed = 0;          // to be encrypted, without keys
    std::uint64_t index_used = 0;       // to be encrypted under an index that was used (C25)
    // How payloads left (invariant 1: each kind of copy has a counter). Of queued_for_tx.
    std::uint64_t chained = 0;         // not copied
    std::uint64_t no_payload = 0;      // header only: our own packets, holes closed
    std::uint64_t copied_tiny = 0;     // small payload behind its header
    std::uint64_t copied_linear = 0;   // the port can't take chains
    std::uint64_t shed = 0;            // not made, see TxQueue::admits
    std::uint64_t encrypted = 0;       // from the shared payload into the receiver's own packet
    std::uint64_t through_kernel = 0;  // of all of the above, those that the kernel copies once
};

// Makes a received packet into one packet per receiver without copying its payload: a header mbuf
// each, chained to one indirect mbuf per payload variant whose reference count is raised once.
// Where receivers have a seal, the payload is encrypted into each one's own packet instead. One per
// (worker, port). Thread: its worker. budget: at 100 receivers at most twice the raw ceiling,
// bench/pipeline
class FanOut {
  public:
    FanOut(Port& port, std::uint16_t queue, const Pools& pools, const FanOutConfig& config);

    // What may become of an input besides being referred to.
    enum class Input : std::uint8_t {
        kept,   // nothing
        spent,  // its caller only frees it: it may itself be what receivers' packets end in
    };

    // Sends what a Track made of `packet`, or where the queue has no place for its class sheds it
    // before anything is made. `packet` stays the caller's and must be linear with its
    // data at the RTP header. Receivers' links must have been made by this port.
    void send(rte_mbuf& packet, std::span<const relay::Output> outputs, TxClass tx_class,
              relay::TimeUs now, Input input = Input::kept);

    // A packet of the relay's own (RTCP, replies), copied. At most kOwnPacketBytes, else too_large.
    void send_own(std::span<const std::byte, kLinkBytes> link, std::span<const std::uint8_t> packet,
                  TxClass tx_class, relay::TimeUs now);

    // From now on the peer at `link` is sent UDP payloads of at most so many bytes. Before the link
    // is in a slot.
    void limit_link(Link& link, std::uint16_t bytes);

    // Encrypts what waits for that. Before a packet given to send() is freed.
    void seal(relay::TimeUs now);

    // End of the turn: what waits for its neighbours to make a batch leaves now.
    void flush(relay::TimeUs now) {
        seal(now);
        queue_.flush(now);
    }

    ~FanOut();

    const FanOutCounters& counters() const { return counters_; }
    const TxQueue& queue() const { return queue_; }

  private:
    struct Payload;
    struct Payloads;
    // How the bytes behind the header get into an outgoing packet.
    enum class PayloadMode : std::uint8_t { none, tiny, chain, linear_small, linear };
    struct Burst {
        TxClass tx_class;
        relay::TimeUs now;
        Input input;
    };
    struct Chunk {
        Payload& payload;
        PayloadMode mode;
        std::span<const relay::ReceiverSlot> receivers;
    };
    struct Heads;

    void shed(std::span<const relay::Output> outputs, const Burst& burst);
    template <typename Writer>
    void send_only(Writer& writer, rte_mbuf& packet, const relay::Output& output,
                   const Burst& burst);
    template <typename Writer>
    void send_each(Writer& writer, rte_mbuf& packet, std::span<const relay::Output> outputs,
                   const Burst& burst);
    template <typename Writer>
    void send_with(Writer& writer, rte_mbuf& packet, std::span<const relay::Output> outputs,
                   const Burst& burst);
    template <typename Writer>
    void send_output(Writer& writer, rte_mbuf& packet, const relay::Output& output,
                     Payload& payload, PayloadMode mode, const Burst& burst);
    template <typename Writer>
    void send_chunk(Writer& writer, const relay::Output& output, const Chunk& chunk,
                    const Burst& burst);
    // fanout_limits.cc
    bool fit_links(std::span<const relay::Output> outputs) const;
    void send_where_it_fits(rte_mbuf& packet, std::span<const relay::Output> outputs,
                            const Burst& burst);
    // fanout_secure.cc
    struct SecureOutput;
    struct Sealing;
    void send_secure(rte_mbuf& packet, const relay::Output& output, const Burst& burst);
    template <typename Header>
    void send_secure_with(const SecureOutput& common, const Header& header);
    template <typename Header>
    bool add_secure(const SecureOutput& common, const Header& header,
                    const relay::ReceiverSlot& slot, rte_mbuf* m);
    template <typename Writer>
    void finish_sealed(Writer&& writer, relay::TimeUs now);
    PayloadMode mode_of(const relay::Output& output) const;
    bool fits_port(const relay::Output& output) const;
    rte_mempool* linear_pool() const;
    void count(PayloadMode mode, std::uint32_t n);

    Port& port_;
    const Pools& pools_;
    std::uint16_t queue_index_;
    std::uint16_t tiny_payload_bytes_;
    bool chains_, through_kernel_;
    LinkKind link_kind_;
    std::uint16_t least_limit_;  // of all links so far
    FanOutCounters counters_;
    TxQueue queue_;
    relay::SrtpCipher* cipher_;
    std::uint32_t waiting_ = 0;  // jobs and sealings
    std::vector<relay::CipherJob> jobs_;
    std::vector<Sealing> sealings_;
};

}  // namespace strata::dataplane
