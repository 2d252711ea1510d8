#include "dataplane/net/frame.h"

namespace strata::dataplane::net {

std::uint16_t put_ethernet(std::uint8_t* frame, const MacAddress& to, const LocalNet& local,
                           std::uint16_t ether_type) {
    put_mac(frame, to);
    put_mac(frame + 6, local.mac);
    if (local.vlan == 0) {
        put_be16(frame + 12, ether_type);
        return kEthernetBytes;
    }
    put_be16(frame + 12, kEtherTypeVlan);
    put_be16(frame + 14, local.vlan);
    put_be16(frame + 16, ether_type);
    return kEthernetBytes + kVlanBytes;
}

}  // namespace strata::dataplane::net
