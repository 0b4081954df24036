// Sentences for the usual failures of an exchange.
#include "resources/authorities/adcs/failures.h"

#include <algorithm>
#include <cctype>

#include "engine/text/encoding.h"

namespace edgecert::adcs {
namespace {

std::string said(const FailureFacts& facts) {
    return facts.detail.empty() ? "" : " (" + printable(facts.detail, 300) + ")";
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + printable(name, 60);
    return text;
}

bool offers(const FailureFacts& facts, const std::string& method) {
    return std::any_of(facts.offered.begin(), facts.offered.end(), [&](const std::string& scheme) {
        return scheme.size() == method.size() &&
               std::equal(scheme.begin(), scheme.end(), method.begin(), [](char a, char b) {
                   return std::tolower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
               });
    });
}

std::string who(const FailureFacts& facts) {
    if (facts.method == "certificate")
        return "the client certificate";
    if (facts.method == "negotiate")
        return "the Kerberos ticket";
    return "the account " + printable(facts.username, 100);
}

std::string protection_hint(const FailureFacts& facts) {
    if (facts.channel_binding || (facts.method != "ntlm" && facts.method != "negotiate"))
        return {};
    return "; if they are right, the web site's Extended Protection may be \"Required\", which " +
           printable(facts.library, 40) +
           " cannot answer (channel binding needs libcurl 8.10): set it to Accept, or use basic or a client "
           "certificate";
}

Sentence unauthorised(const FailureFacts& facts) {
    const std::string host = host_of(facts.url);
    const std::string offered =
        facts.offered.empty() ? "the server names no method" : "the server offers " + joined(facts.offered);
    if (facts.method != "certificate" && !facts.offered.empty() && !offers(facts, facts.method)) {
        return {host + " does not take the method " + facts.method + " (401): " + offered,
                "declare one of those under auth.method, or enable it on the web site"};
    }
    if (!facts.ticket_problem.empty()) {
        return {"there is no Kerberos ticket for " + host + " (401): " + printable(facts.ticket_problem, 300),
                "kinit, or set KRB5_CLIENT_KTNAME to a keytab; the service's name is HTTP/" +
                    host.substr(0, host.find(':'))};
    }
    return {host + " refused " + who(facts) + " (401): " + facts.method + " was tried, " + offered,
            "look at user name and password" + protection_hint(facts)};
}

Sentence of_status(const FailureFacts& facts) {
    const std::string host = host_of(facts.url);
    const std::string where = printable(facts.url + facts.page, 300);
    if (facts.status == 401)
        return unauthorised(facts);
    if (facts.status == 403) {
        return {host + " knows " + who(facts) + " and does not let it use " + where + " (403)",
                "give it access to the site; a site that wants a client certificate says 403 as well"};
    }
    if (facts.status == 404) {
        return {"there is no " + where + " (404)",
                "is the role service Certification Authority Web Enrollment installed, and the url right?"};
    }
    if (facts.status >= 300 && facts.status < 400) {
        return {host + " sends on to " + printable(facts.location, 300) + " (" +
                    std::to_string(facts.status) + "), which is not followed with credentials",
                "declare the address where the enrolment pages really are"};
    }
    return {where + " answers with status " + std::to_string(facts.status), ""};
}

Sentence of_certificate(const FailureFacts& facts) {
    const std::string host = host_of(facts.url);
    switch (facts.trouble) {
        case Trouble::untrusted:
            return {"the web certificate of " + host + " ends in no root that is trusted here" + said(facts),
                    facts.trust.empty()
                        ? "declare the root of its web certificate under tls.ca"
                        : "is " + printable(facts.trust, 200) + " the root of its web certificate?"};
        case Trouble::host_name:
            return {"the web certificate of " + host + " is for another name" + said(facts),
                    "declare the url with a name that the certificate has, or have the certificate reissued"};
        case Trouble::expired:
            return {"the web certificate of " + host + " has expired, by the clock here",
                    "renew it; if it has not expired, mend the clock of this machine"};
        case Trouble::not_yet:
            return {"the web certificate of " + host + " is not valid yet, by the clock here",
                    "mend the clock of this machine"};
        case Trouble::purpose:
            return {"the web certificate of " + host +
                        " is not made for web servers; often it is the CA's own certificate, bound to the "
                        "web site",
                    "give the web site a certificate of a web server template (serverAuth)"};
        case Trouble::status:
        case Trouble::resolve:
        case Trouble::connect:
        case Trouble::handshake:
        case Trouble::trust_file:
        case Trouble::client_file:
        case Trouble::timeout:
        case Trouble::broken:
        case Trouble::too_large:
            break;
    }
    return {"no TLS connection to " + host + said(facts), ""};
}

}  // namespace

std::string host_of(const std::string& url) {
    const std::size_t begin = url.find("://");
    const std::size_t from = begin == std::string::npos ? 0 : begin + 3;
    return printable(url.substr(from, url.find('/', from) - from), 200);
}

Sentence in_words(const FailureFacts& facts) {
    const std::string host = host_of(facts.url);
    switch (facts.trouble) {
        case Trouble::status:
            return of_status(facts);
        case Trouble::resolve:
            return {"the name of " + host + " is not known" + said(facts), ""};
        case Trouble::connect:
            return {"nobody answers at " + host + said(facts), ""};
        case Trouble::handshake:
        case Trouble::untrusted:
        case Trouble::host_name:
        case Trouble::expired:
        case Trouble::not_yet:
        case Trouble::purpose:
            return of_certificate(facts);
        case Trouble::trust_file:
            return {"tls.ca " + printable(facts.trust, 200) + " cannot be used" + said(facts), ""};
        case Trouble::client_file:
            return {"the client certificate or its key cannot be used" + said(facts),
                    "both in PEM, and the password of the key where it has one"};
        case Trouble::timeout:
            return {host + " gave no answer within " + std::to_string(facts.seconds) + " s", ""};
        case Trouble::broken:
            return {"the connection to " + host + " broke off" + said(facts), ""};
        case Trouble::too_large:
            return {printable(facts.url + facts.page, 300) + " answers with more than 5 MiB", ""};
    }
    return {};
}

}  // namespace edgecert::adcs
