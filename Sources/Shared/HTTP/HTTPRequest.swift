import Foundation

/// One request. A URL holds its query, already encoded.
public struct HTTPRequest: Sendable {
  public enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  public var method: Method
  public var url: String
  /// In the order in which they are sent.
  public var headers: [(name: String, value: String)] = []
  public var body: Data?
  /// Signs the request (AWS Signature Version 4).
  public var signature: AWSSignature?
  public var limits = Limits()

  /// How long a request may take.
  public struct Limits: Sendable, Equatable {
    public var connect: Duration = .seconds(10)
    /// For the whole exchange; nil for streams.
    public var total: Duration? = .seconds(60)
    /// Gives up when nothing came for so long.
    public var idle: Duration?

    public init() {}
  }

  public init(_ method: Method, _ url: String, headers: [(name: String, value: String)] = [], body: Data? = nil) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }
}

/// An answer, whatever its status.
public struct HTTPResponse: Sendable {
  public let status: Int
  /// Names in lower case; of a header that comes twice, the last.
  public let headers: [String: String]
  /// Empty when the body went to a receiver.
  public let body: Data

  public var isSuccess: Bool { (200..<300).contains(status) }

  /// The start of the body, for messages.
  public var excerpt: String { String(decoding: body.prefix(300), as: UTF8.self) }
}

/// Why no answer came.
public struct HTTPError: Error, Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// No connection: the server has not seen the request.
    case unreachable
    case timeout
    /// The connection broke. What the request was to do may have happened.
    case broken
    /// The certificate or the handshake was refused.
    case security
    case cancelled
    /// The request cannot be sent: its URL, for instance.
    case invalid
  }

  public let kind: Kind
  /// One sentence with the URL.
  public let message: String
  /// Whether the server may have seen the request, and acted on it.
  public let mayHaveHadEffect: Bool
}

/// Certificates for TLS beyond the system's, as files in PEM.
public struct TLSFiles: Sendable, Equatable {
  public var authority: String?
  public var certificate: String?
  public var key: String?

  public init(authority: String? = nil, certificate: String? = nil, key: String? = nil) {
    self.authority = authority
    self.certificate = certificate
    self.key = key
  }
}
