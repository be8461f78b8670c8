"""What the S3 door refuses with: the codes of Amazon's error table, and a sentence for the person behind the tool."""

STATUSES = {
    "AccessDenied": 403,
    "AuthorizationHeaderMalformed": 400,
    "BadDigest": 400,
    "BucketNotEmpty": 409,
    "IncompleteBody": 400,
    "InternalError": 500,
    "InvalidArgument": 400,
    "InvalidBucketName": 400,
    "InvalidRequest": 400,
    "MalformedXML": 400,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "NoSuchBucket": 404,
    "NoSuchCORSConfiguration": 404,
    "NoSuchVersion": 404,
    "NotImplemented": 501,
    "RequestTimeTooSkewed": 403,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "XAmzContentSHA256Mismatch": 400,
}


class S3Error(Exception):
    """A refusal. `details` become elements beside Code and Message (BucketName, Key)."""

    def __init__(self, code: str, message: str, *, status: int | None = None, **details: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or STATUSES[code]
        self.details = details


def no_such_bucket(name: str) -> S3Error:
    """The same for a bucket that is not there and for someone else's."""
    return S3Error("NoSuchBucket", "You have no bucket of this name.", BucketName=name)


def not_implemented(what: str) -> S3Error:
    return S3Error("NotImplemented", f"This store doesn't offer {what}.")


def signature_does_not_match() -> S3Error:
    """One answer for an unknown account, a suspended one and a wrong secret: it tells no one who has an account."""
    return S3Error(
        "SignatureDoesNotMatch",
        "The signature is not right. The access key is the e-mail of your account and the secret key one of its "
        "valid API tokens: look on your account page.",
    )
