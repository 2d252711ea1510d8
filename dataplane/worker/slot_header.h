#pragma once

#include <cstdint>

#include "relay/rewrite/header_template.h"
#include "relay/svc/receiver_slot.h"

// Writes one template's header for the slots of its receivers: the numbers of the stream, and where
// the template has places for it, what belongs to the hop.
namespace strata::dataplane {

// `Header`: a relay::HeaderWriter. Not kStamped: nothing is looked at for it.
template <typename Header, bool kStamped>
class SlotHeader {
  public:
    SlotHeader(const Header& header, const relay::HeaderTemplate& t) : header_(header), t_(t) {}

    // Of a packet that will be sent: the hop's next number is spent. `out` as for HeaderWriter.
    [[gnu::always_inline]] void write(const relay::ReceiverSlot& slot, std::uint8_t* out) const {
        header_.write(slot.offsets, out);
        if constexpr (kStamped) relay::stamp_header(t_, slot.stamp, out);
    }

  private:
    Header header_;
    const relay::HeaderTemplate& t_;
};

// Calls use(SlotHeader) with the one that `t` needs.
template <typename Use>
void with_slot_header(const relay::HeaderTemplate& t, Use use) {
    relay::with_header_writer(t, [&]<typename Header>(const Header& header) {
        t.stamped ? use(SlotHeader<Header, true>(header, t))
                  : use(SlotHeader<Header, false>(header, t));
    });
}

}  // namespace strata::dataplane
