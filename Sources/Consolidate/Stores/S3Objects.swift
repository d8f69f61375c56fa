import DeltaLog
import Foundation
import HTTP

/// The objects of a bucket, over signed HTTP. Requests whose repetition does no harm are repeated.
struct S3Objects: Sendable {
  struct Listed: Equatable {
    let key: String
    let bytes: Int
    /// Milliseconds since 1970.
    let modified: Int
  }

  private static let attempts = 5

  let bucket: String
  private let configuration: S3Configuration
  private let credentials: AWSCredentials
  private let client = HTTPClient()
  private let base: String
  private let pathPrefix: String
  /// Waits before another attempt; tests do not.
  var pause: @Sendable (Int) -> Void = { attempt in
    let ceiling = 100.0 * Double(1 << attempt)
    usleep(UInt32(Double.random(in: ceiling / 2...ceiling) * 1000))
  }

  init(bucket: String, configuration: S3Configuration) throws {
    guard let credentials = configuration.credentials else {
      throw ConsolidateError.storeSettings("there are no keys for s3://\(bucket)")
    }
    self.bucket = bucket
    self.configuration = configuration
    self.credentials = credentials
    (base, pathPrefix) = configuration.address(bucket: bucket)
  }

  func get(_ key: String) throws -> Data? {
    let response = try repeated(.get, key)
    if response.status == 404 { return nil }
    return try succeeded(response, "read", key).body
  }

  func head(_ key: String) throws -> (bytes: Int, modified: Int)? {
    let response = try repeated(.head, key)
    if response.status == 404 { return nil }
    let headers = try succeeded(response, "look at", key).headers
    return (Int(headers["content-length"] ?? "") ?? 0, S3Text.milliseconds(http: headers["last-modified"] ?? ""))
  }

  func put(_ key: String, _ contents: Data) throws {
    _ = try succeeded(try repeated(.put, key, body: contents), "write", key)
  }

  func delete(_ key: String) throws {
    let response = try repeated(.delete, key)
    if response.status != 404 { _ = try succeeded(response, "remove", key) }
  }

  /// A conditional PUT: `If-None-Match: *`.
  ///
  /// 412 is a lost race; 409 says that another such PUT was under way and this one has to be repeated. After a failure
  /// of the store or the network, the object may be there or not, and the answer is `unknown`.
  func putIfAbsent(_ key: String, _ contents: Data) throws -> CreateAnswer {
    var reason = ""
    for attempt in 0..<Self.attempts {
      if attempt > 0 { pause(attempt) }
      do {
        let response = try client.send(request(.put, key, [("If-None-Match", "*")], contents))
        switch response.status {
        case 200..<300: return .created
        case 412: return .taken
        case 409, 429, 503: reason = "the store answered \(response.status)"
        case 500...: return .unknown(reason: "the store answered \(response.status): \(response.excerpt)")
        default: _ = try succeeded(response, "create", key)
        }
      } catch let error as HTTPError {
        if error.mayHaveHadEffect { return .unknown(reason: error.message) }
        reason = error.message
      }
    }
    return .unknown(reason: reason)
  }

  /// All objects whose keys begin with `prefix`, in the order of their keys.
  func list(_ prefix: String) throws -> [Listed] {
    var found: [Listed] = []
    var token: String?
    repeat {
      var query = ["list-type": "2", "prefix": prefix, "encoding-type": "url"]
      query["continuation-token"] = token
      let response = try succeeded(try repeated(.get, "", query: query), "list", prefix)
      let page = S3Text.page(String(decoding: response.body, as: UTF8.self))
      found += page.objects
      token = page.next
    } while token != nil
    return found
  }

  private func repeated(
    _ method: HTTPRequest.Method, _ key: String, query: [String: String] = [:], body: Data? = nil
  ) throws -> HTTPResponse {
    var last: (any Error)?
    for attempt in 0..<Self.attempts {
      if attempt > 0 { pause(attempt) }
      do {
        let response = try client.send(request(method, key, [], body, query))
        guard response.status >= 500 || response.status == 429 else { return response }
        last = failure("reach", key, "the store answered \(response.status)")
      } catch {
        guard error.kind != .invalid, error.kind != .security else { throw failure("reach", key, error.message) }
        last = failure("reach", key, error.message)
      }
    }
    throw last ?? failure("reach", key, "no answer")
  }

  private func request(
    _ method: HTTPRequest.Method, _ key: String, _ headers: [(name: String, value: String)], _ body: Data?,
    _ query: [String: String] = [:]
  ) -> HTTPRequest {
    let path = key.isEmpty ? (pathPrefix.isEmpty ? "/" : pathPrefix) : "\(pathPrefix)/\(key)"
    var request = HTTPRequest(
      method, AWSURL.make(base: base, path: path, query: query), headers: headers, body: body)
    request.signature = AWSSignature(credentials: credentials, region: configuration.region, service: "s3")
    return request
  }

  private func succeeded(_ response: HTTPResponse, _ operation: String, _ key: String) throws -> HTTPResponse {
    guard !response.isSuccess else { return response }
    let code = S3Text.element("Code", in: response.excerpt) ?? "no reason given"
    throw failure(operation, key, "the store answered \(response.status): \(code)")
  }

  private func failure(_ operation: String, _ key: String, _ reason: String) -> ConsolidateError {
    .system(path: "s3://\(bucket)/\(key)", operation: operation, reason: reason)
  }
}

/// The little XML that S3 answers with, and its times.
enum S3Text {
  /// A page of ListObjectsV2 with `encoding-type=url`.
  static func page(_ xml: String) -> (objects: [S3Objects.Listed], next: String?) {
    let objects = elements("Contents", in: xml).compactMap { content -> S3Objects.Listed? in
      guard let key = element("Key", in: content), let bytes = element("Size", in: content).flatMap({ Int($0) })
      else { return nil }
      // `+` stands for a space in this encoding.
      let decoded = PercentEncoding.decode(key.replacingOccurrences(of: "+", with: "%20"))
      return .init(key: decoded, bytes: bytes, modified: milliseconds(element("LastModified", in: content) ?? ""))
    }
    return (objects, element("NextContinuationToken", in: xml))
  }

  /// The text of the first element of that name.
  static func element(_ name: String, in xml: String) -> String? {
    elements(name, in: xml).first.map { text in
      [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")].reduce(text) {
        $0.replacingOccurrences(of: $1.0, with: $1.1)
      }
    }
  }

  private static func elements(_ name: String, in xml: String) -> [String] {
    xml.components(separatedBy: "<\(name)>").dropFirst().compactMap { text in
      text.range(of: "</\(name)>").map { String(text[..<$0.lowerBound]) }
    }
  }

  /// RFC 3339.
  static func milliseconds(_ text: String) -> Int {
    let date =
      (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
      ?? (try? Date(text, strategy: Date.ISO8601FormatStyle()))
    return date.map { Int($0.timeIntervalSince1970 * 1000) } ?? 0
  }

  /// `Wed, 21 Oct 2015 07:28:00 GMT`.
  static func milliseconds(http text: String) -> Int {
    let fields = text.split(separator: " ")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard fields.count == 6, let month = months.firstIndex(of: String(fields[2])) else { return 0 }
    let day = fields[1].count == 1 ? "0\(fields[1])" : String(fields[1])
    let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
    return milliseconds("\(fields[3])-\(number)-\(day)T\(fields[4])Z")
  }
}
