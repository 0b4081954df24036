"""Enrolment pages in several languages: the ids, numbers and HRESULTs that clients look for, in words of our own.

The markers that programs match are kept where they are known to stand (ids of elements, `certnew.cer?ReqID=N&`, `var nRenewals=N;`, the
English sentences that other people's clients search for); the rest is nobody's text but ours. Like the pages they stand for these are no
well-formed HTML: a stray quotation mark in <body>, doubled carriage returns.
"""

import html

# Words of each language, in this order: title, issued, pending, denied, reason (with {id} and {message}), request id (with {id}),
# poll pending, disposition, disposition message, last status, failed, revoked.
LANGUAGES = {
    "en": (
        "Certificate services of a simulated authority", "Your certificate is ready.", "Certificate Pending", "Certificate Request Denied",
        'The authority said no. Your Request Id is {id}. The disposition message is "{message}".', "The request was taken in. Your Request Id is {id}.",
        "The request is still waiting for an officer.", "Disposition", "Disposition message:", "LastStatus:", "Something went wrong.", "The certificate was revoked.",
    ),
    "de": (
        "Zertifikatdienste einer nachgebildeten Stelle", "Ihr Zertifikat liegt bereit.", "Zertifikat steht aus", "Zertifikatanforderung abgelehnt",
        "Die Stelle hat abgelehnt. Ihre Anforderungskennung lautet {id}. Die Meldung dazu ist „{message}“.", "Ihre Anforderung ist eingegangen. Die Kennung lautet {id}.",
        "Die Anforderung wartet noch auf einen Prüfer.", "Zustand", "Meldung zum Zustand:", "Letzter Stand:", "Etwas ist schiefgegangen.", "Das Zertifikat wurde gesperrt.",
    ),
    "fr": (
        "Services de certificats d'une autorité simulée", "Votre certificat est prêt.", "Certificat en attente", "Demande refusée",
        "L'autorité a refusé. Le numéro de la demande est {id}. Le message est « {message} ».", "La demande est reçue. Son numéro est {id}.",
        "La demande attend encore un responsable.", "Disposition de la demande", "Message :", "Dernier état :", "Une erreur s'est produite.", "Le certificat a été révoqué.",
    ),
    "ru": (
        "Службы сертификации учебного центра", "Ваш сертификат готов.", "Ожидание сертификата", "В сертификате отказано",
        "Центр отказал. Номер запроса {id}. Сообщение: «{message}».", "Запрос принят. Его номер {id}.",
        "Запрос ещё ждёт решения.", "Состояние", "Сообщение:", "Последнее состояние:", "Произошла ошибка.", "Сертификат отозван.",
    ),
    "ja": (
        "模擬認証局の証明書サービス", "証明書ができました。", "保留中の証明書", "要求は拒否されました",
        "認証局は拒否しました。要求 ID は {id} です。メッセージは「{message}」です。", "要求を受け付けました。要求 ID は {id} です。",
        "要求はまだ担当者を待っています。", "状態", "状態のメッセージ:", "最後の状態:", "エラーが起きました。", "証明書は失効しました。",
    ),
}
# The code pages that a CA of that language may use besides.
CHARSETS = {"en": [], "de": ["windows-1252"], "fr": ["windows-1252"], "ru": ["windows-1251"], "ja": ["shift_jis"]}
(TITLE, ISSUED, PENDING, DENIED, REASON, REQUEST, POLL, DISPOSITION, MESSAGE, LAST, FAILED, REVOKED) = range(12)


class Pages:
    def __init__(self, language="en", ampersand="both", charset="utf-8"):
        self.words = LANGUAGES[language]
        self.ampersand = ampersand
        self.charset = charset

    def page(self, body, script=""):
        """The frame around every page, in bytes."""
        block = f'<script language="JavaScript">\r\n{script}\r\n</script>\r\n' if script else ""
        text = (
            f"<html>\r\n<head>\r\r\n<title>{self.words[TITLE]}</title>\r\n{block}</head>\r\n"
            "<!-- a comment with ReqID=1 in it: certnew.cer?ReqID=1& <p id=locDenied> -->\r\n"
            f'<body bgcolor=#ffffff" link=#0000ff>\r\r\n{body}\r\n</body>\r\n</html>\r\n'
        )
        if self.charset == "utf-16":
            return b"\xff\xfe" + text.encode("utf-16-le")
        return text.encode(self.charset, errors="xmlcharrefreplace")

    def issued(self, number):
        script = f'  var where = 1;\r\n  function take() {{ location="certnew.cer?ReqID={number}&" + where; }}' if self.ampersand in ("&", "both") else ""
        link = f'<a href="certnew.cer?ReqID={number}&amp;Enc=b64">{number}</a>' if self.ampersand in ("&amp;", "both") else "<a href=javascript:take()>*</a>"
        return self.page(
            f"<p id=locPageTitle>{self.words[ISSUED]}</p>\r\n{link}\r\n<a href=\"certnew.cer?ReqID=CACert&amp;Renewal=0\">CA</a>", script
        )

    def pending(self, number):
        return self.page(
            f"<p id=locPageTitle><b>{self.words[PENDING]}</b></p>\r\n<P ID=locInfoReqID>\r\n{self.words[REQUEST].format(id=number)}\r\n</P>\r\n"
            f'<p id=locTextWait>10 - 14</p>\r\n<a href="certnew.cer?ReqID=CACert&Renewal=0">CA</a>'
        )

    def still_pending(self, number):
        return self.page(f"<P ID=locInfoChkPnd>{self.words[POLL]} ({number})</P>")

    def denied(self, number, message):
        reason = self.words[REASON].format(id=number, message=html.escape(message, quote=False).replace(",", ",\r\n\t"))
        return self.page(f"<P ID=locDenied><b>{self.words[DENIED]}</b>\r\r\n<P ID=locInfoReqIDandReason>\r\n{reason}\r\n<p id=locContact></p>")

    def failed(self, hresult):
        return self.page(f"<p id=locErrTitle>{self.words[FAILED]}</p>\r\n<dl><dt>COM:<dd>{hresult}</dl>", script="// 0x80004005 means nothing in here")

    def revoked(self):
        return self.page(f"<P ID=locIssRev>{self.words[REVOKED]}</P>")

    def disposition(self, number, state, message, hresult):
        """What comes instead of a certificate that is none yet."""
        shown = html.escape(message, quote=False)
        return self.page(
            f"<p id=locPageTitle>{number}</p>\r\n<DL>\r\n<DT><LocID ID=locDispLabel>{self.words[DISPOSITION]}:</LocID>\r\n<DD>{state}\r\n"
            f"<DT><LocID ID=locDispMsgLabel>{self.words[MESSAGE]}</LocID>\r\n<DD>\r\n\t\t{shown}\r\n"
            f"<DT><LocID ID=locLastStatusLabel>{self.words[LAST]}</LocID>\r\n<DD>\r\n\t\t{hresult}\r\n</DL>"
        )

    def renewals(self, count):
        return self.page("<p id=locPageTitle>CA</p>", script=f"  var nRenewals={count};" if count else "")

    def welcome(self):
        return self.page("<p id=locWelcome></p>")

    def rubbish(self):
        return self.page("<p>There is no word in here that means anything to a program.</p>")
