#pragma once

#include <expected>
#include <string>

#include "dataplane/api/seqpacket.h"

namespace strata::dataplane {

// Gives connected sockets to the control process: those that speak TLS on the port that HTTPS and
// ICE-TCP share. A socket of its own (SOCK_SEQPACKET, for this user alone), on which each message
// is one byte, 'T', with one descriptor (SCM_RIGHTS). Nothing was read from what is handed over.
// Thread: listen() on the main thread, then the one that accepts connections.
class DescriptorHandover {
  public:
    static constexpr char kTls = 'T';

    // The error names the path.
    std::expected<void, std::string> listen(const std::string& path);

    // Readable when control connects: call accept().
    int listener_fd() const { return listener_.fd(); }
    // The newest peer counts.
    void accept();

    // False: nobody is connected, or doesn't take them fast enough. `fd` stays the caller's.
    bool give(int fd);

  private:
    api::SeqpacketListener listener_;
    api::SeqpacketLink link_;
};

// Where the data plane with this control socket listens for it.
std::string handover_path(const std::string& control_socket);

}  // namespace strata::dataplane
