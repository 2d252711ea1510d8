#include "control/dtls/datagram_bio.h"

#include <openssl/bio.h>

#include <algorithm>
#include <cstring>

namespace strata::control {

struct DatagramBioMethods {
    static DatagramBio& of(BIO* bio) { return *static_cast<DatagramBio*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* into, int room) {
        DatagramBio& self = of(bio);
        BIO_clear_retry_flags(bio);
        if (self.input_.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        // As recv: what doesn't fit is cut off. OpenSSL gives room for the largest record.
        const std::size_t size = std::min(self.input_.size(), static_cast<std::size_t>(room));
        std::memcpy(into, self.input_.data(), size);
        self.input_ = {};
        return static_cast<int>(size);
    }

    static int write(BIO* bio, const char* from, int size) {
        DatagramBio& self = of(bio);
        BIO_clear_retry_flags(bio);
        if (size <= 0) return 0;
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(from);
        if (!self.discard_) self.output_.emplace_back(bytes, bytes + size);
        return size;
    }

    static long control(BIO*, int command, long, void*) {
        switch (command) {
            case BIO_CTRL_FLUSH: return 1;
            case BIO_CTRL_DGRAM_QUERY_MTU:
            case BIO_CTRL_DGRAM_GET_MTU:
            case BIO_CTRL_DGRAM_GET_FALLBACK_MTU: return static_cast<long>(kDtlsMtuBytes);
            default: return 0;
        }
    }

    static const BIO_METHOD* method() {
        static BIO_METHOD* const kMethod = [] {
            BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
            BIO_meth_set_read(m, &read);
            BIO_meth_set_write(m, &write);
            BIO_meth_set_ctrl(m, &control);
            return m;
        }();
        return kMethod;
    }
};

DatagramBio::DatagramBio() = default;

bio_st* DatagramBio::make_bio() {
    BIO* bio = BIO_new(DatagramBioMethods::method());
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace strata::control
