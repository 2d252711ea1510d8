#pragma once

#include <memory>
#include <string>

#include "bench/generator/packet_io.h"

namespace strata::gen {

// The data plane's ports as the generator's I/O: any DPDK device. `spec` as in the data plane's
// configuration: "net_tap0,iface=gen0;address=10.0.0.2/24". Local addresses are the port's address
// and UDP ports that lie close together (a queue is made for each number between them); all are
// opened before the first packet. Starts DPDK's environment: once per process. Throws IoError.
std::unique_ptr<PacketIo> make_port_io(const std::string& spec);

// True when `spec` means kernel sockets: "socket", "socket:ADDRESS".
bool is_socket_spec(const std::string& spec);

}  // namespace strata::gen
