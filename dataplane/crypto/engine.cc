#include "dataplane/crypto/engine.h"

#ifdef STRATA_CRYPTO_IPSEC_MB
#include "dataplane/crypto/ipsec_mb_cipher.h"
#else
#include "dataplane/crypto/openssl_cipher.h"
#endif

namespace strata::dataplane {

#ifdef STRATA_CRYPTO_IPSEC_MB
using BuiltWith = IpsecMbCipher;
#else
using BuiltWith = OpensslCipher;
#endif

std::unique_ptr<relay::SrtpCipher> make_cipher() { return std::make_unique<BuiltWith>(); }
std::string cipher_name() { return BuiltWith::name(); }

}  // namespace strata::dataplane
