#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "relay/recovery/sent_form.h"
#include "relay/rtp/types.h"

// Packets that receivers may ask for again, as long as there is room for them. Nothing here knows
// what a packet is: whoever keeps them lends a reference and gets it back.
namespace strata::relay {

// Where the packets of one encoding lie in a PacketHistory. An entry may point at what has gone
// since: PacketHistory::find tells. The owning worker only.
class HistoryIndex {
  public:
    static constexpr std::size_t kWindow = 1'024;  // a second of a 10 Mbit/s stream

    // Main thread.
    HistoryIndex() : positions_(kWindow) {}

    std::uint32_t& at(std::int64_t n) {
        return positions_[static_cast<std::size_t>(n) & (kWindow - 1)];
    }
    std::uint32_t at(std::int64_t n) const {
        return positions_[static_cast<std::size_t>(n) & (kWindow - 1)];
    }

  private:
    std::vector<std::uint32_t> positions_;
};

// The packets of all streams of one worker in order of arrival; the oldest give way first.
// Allocates only when it is made. The owning worker only. budget: 15 ns to put a packet and to take
// another one out
class PacketHistory {
  public:
    // Forms that are remembered for each packet, on average; what has more finds room while others
    // have fewer.
    static constexpr std::size_t kFormsPerPacket = 4;

    struct Packet {
        void* reference = nullptr;
        TimeUs at = 0;             // when it came
        std::uint64_t stream = 0;  // unique among all encodings there ever were
        std::int64_t n = 0;        // its extended input number
    };

    // 0: none is kept. Main thread.
    explicit PacketHistory(std::size_t capacity);
    // What it allocates then.
    static std::size_t bytes_for(std::size_t capacity);

    std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
    std::size_t capacity() const { return capacity_; }
    bool full() const { return size() == capacity_; }

    // Keeps a packet that went out in `forms`. Not while full.
    void put(const Packet& packet, std::span<const SentForm> forms, HistoryIndex& index);

    // The oldest is given up: its reference. Null: there is none.
    void* take_oldest();
    // The same, of what came before `time`.
    void* take_older_than(TimeUs time) {
        return size() != 0 && packets_[slot(begin_)].packet.at < time ? take_oldest() : nullptr;
    }

    // What receivers of `group` were sent of packet n.
    struct Found {
        void* reference = nullptr;  // still the history's own
        SentForm form;
    };
    // Nullopt: it is gone, or that group didn't take it.
    std::optional<Found> find(const HistoryIndex& index, std::uint64_t stream, std::int64_t n,
                              std::uint16_t group) const;

  private:
    struct Kept {
        Packet packet;
        std::uint64_t forms_begin = 0;
        std::uint32_t forms_count = 0;
    };
    std::size_t slot(std::uint64_t position) const {
        return static_cast<std::size_t>(position) & (packets_.size() - 1);
    }

    std::size_t capacity_;
    std::vector<Kept> packets_;          // ring, a power of two
    std::vector<SentForm> forms_;        // ring beside it
    std::uint64_t begin_ = 0, end_ = 0;  // positions, never used twice
    std::uint64_t forms_end_ = 0;        // likewise
};

}  // namespace strata::relay
