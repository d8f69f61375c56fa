import Foundation
import Testing

@testable import HTTP

/// Against OpenSSL's own server, with certificates made for the occasion.
@Suite(.enabled(if: TLSServer.isPossible, "there is no openssl program")) struct TLSTests {
  private static func error(_ send: () throws -> HTTPResponse) throws -> HTTPError {
    try #require(throws: HTTPError.self) { try send() }
  }

  @Test("a server is believed by the authority that is named, and by no other")
  func authority() throws {
    let server = try TLSServer()
    let client = HTTPClient(tls: TLSFiles(authority: server.file("server.pem")))
    #expect(try client.send(HTTPRequest(.get, server.url)).status == 200)
    let stranger = try Self.error { try HTTPClient().send(HTTPRequest(.get, server.url)) }
    #expect(stranger.kind == .security && !stranger.mayHaveHadEffect)
    let other = HTTPClient(tls: TLSFiles(authority: server.file("client.pem")))
    #expect(try Self.error { try other.send(HTTPRequest(.get, server.url)) }.kind == .security)
    let missing = HTTPClient(tls: TLSFiles(authority: server.file("none.pem")))
    #expect(try Self.error { try missing.send(HTTPRequest(.get, server.url)) }.kind == .security)
  }

  @Test("a server that wants to know its client is shown the client's certificate")
  func clientCertificate() async throws {
    let server = try TLSServer(wantsClient: true)
    let known = TLSFiles(
      authority: server.file("server.pem"), certificate: server.file("client.pem"), key: server.file("client.key"))
    let response = try await HTTPClient(tls: known).send(HTTPRequest(.get, server.url))
    #expect(response.status == 200 && String(decoding: response.body, as: UTF8.self).contains("CN=client"))
    let unknown = HTTPClient(tls: TLSFiles(authority: server.file("server.pem")))
    #expect(throws: HTTPError.self) { try unknown.send(HTTPRequest(.get, server.url)) }
  }
}

/// `openssl s_server`: answers each GET with a page about the connection.
private final class TLSServer {
  private static let program = "/usr/bin/openssl"
  static var isPossible: Bool { FileManager.default.isExecutableFile(atPath: program) }

  private let directory: String
  private let process = Process()
  private(set) var url = ""

  struct NotStarted: Error { let output: String }

  init(wantsClient: Bool = false) throws {
    directory = NSTemporaryDirectory() + "/tls-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try makeCertificate("server", ["-addext", "subjectAltName=IP:127.0.0.1"])
    try makeCertificate("client", [])
    let client = wantsClient ? ["-Verify", "1", "-CAfile", file("client.pem"), "-verify_return_error"] : []
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: Self.program)
    process.arguments =
      ["s_server", "-accept", "127.0.0.1:0", "-www", "-cert", file("server.pem"), "-key", file("server.key")] + client
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    url = "https://127.0.0.1:\(try Self.port(output))/"
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    try? FileManager.default.removeItem(atPath: directory)
  }

  func file(_ name: String) -> String { "\(directory)/\(name)" }

  private func makeCertificate(_ name: String, _ options: [String]) throws {
    let made = Process()
    made.executableURL = process.executableURL ?? URL(fileURLWithPath: Self.program)
    made.arguments =
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj"]
      + ["/CN=\(name)", "-keyout", file("\(name).key"), "-out", file("\(name).pem")] + options
    made.standardError = FileHandle.nullDevice
    try made.run()
    made.waitUntilExit()
    guard made.terminationStatus == 0 else { throw NotStarted(output: "no certificate") }
  }

  /// It says `ACCEPT 127.0.0.1:<port>` once it listens.
  private static func port(_ output: Pipe) throws -> Int {
    var text = ""
    while let piece = try output.fileHandleForReading.read(upToCount: 1), !piece.isEmpty {
      text += String(decoding: piece, as: UTF8.self)
      guard text.hasSuffix("\n") else { continue }
      let line = text.split(separator: "\n").last { $0.hasPrefix("ACCEPT ") }
      if let port = line?.split(separator: ":").last.flatMap({ Int($0) }), port > 0 { return port }
    }
    throw NotStarted(output: text)
  }
}
