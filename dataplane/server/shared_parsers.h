#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>

#include "relay/rtp/packet.h"

namespace strata::dataplane {

// Peers negotiate a few sets of payload types and extension ids, and tens of thousands of tracks
// have the same ones: they share what their packets are read by, which every packet looks at.
// Thread: main; what it gave out may outlive it.
class SharedParsers {
  public:
    std::shared_ptr<const relay::PacketParser> share(const relay::PacketParser& parser) {
        const auto at = known_.find(parser);
        if (at != known_.end()) return *at;
        if (known_.size() >= forget_at_) forget_unused();
        return *known_.insert(std::make_shared<const relay::PacketParser>(parser)).first;
    }
    std::size_t size() const { return known_.size(); }

  private:
    using Known = std::shared_ptr<const relay::PacketParser>;
    struct Less {
        using is_transparent = void;
        static const relay::PacketParser& of(const Known& known) { return *known; }
        static const relay::PacketParser& of(const relay::PacketParser& parser) { return parser; }
        bool operator()(const auto& a, const auto& b) const { return of(a) < of(b); }
    };
    static constexpr std::size_t kLeast = 64;

    void forget_unused() {
        std::erase_if(known_, [](const Known& known) { return known.use_count() == 1; });
        forget_at_ = std::max(kLeast, known_.size() * 2);
    }

    std::set<Known, Less> known_;
    std::size_t forget_at_ = kLeast;
};

}  // namespace strata::dataplane
