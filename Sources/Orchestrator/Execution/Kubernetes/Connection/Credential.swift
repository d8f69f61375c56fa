import Foundation
import Synchronization
import WorkflowCore

/// The token that requests carry. It is looked for again once the server no longer takes it.
final class Credential: Sendable {
  enum Source: Sendable {
    /// No token: a client certificate, or nothing.
    case anonymous
    case token(String)
    /// Read for each request, so that a rotated token is taken up at once.
    case tokenFile(String)
    case plugin(ExecPlugin)
  }

  private let source: Source
  private let kept = Mutex<ExecPlugin.Token?>(nil)

  init(_ source: Source) { self.source = source }

  /// - Parameter isFresh: whether what was kept is known to be refused.
  func token(fresh isFresh: Bool = false) throws(KubernetesError) -> String? {
    switch source {
    case .anonymous: return nil
    case .token(let token): return token
    case .tokenFile(let path):
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
        throw .unauthorized("the token file \(path) cannot be read")
      }
      return text.trimmingCharacters(in: .whitespacesAndNewlines)
    case .plugin(let plugin):
      if !isFresh, let token = kept.withLock({ $0 }), token.isValid { return token.text }
      let token = try plugin.run()
      kept.withLock { $0 = token }
      return token.text
    }
  }

  /// Whether a refused token can be followed by another one.
  var isRenewable: Bool {
    switch source {
    case .anonymous, .token: false
    case .tokenFile, .plugin: true
    }
  }
}

/// A program that prints a token (client.authentication.k8s.io).
struct ExecPlugin: Sendable {
  struct Token: Sendable {
    let text: String
    let expires: Date?

    /// A little early, so that it does not run out on its way.
    var isValid: Bool { expires.map { $0.timeIntervalSinceNow > 10 } ?? true }
  }

  var command: String
  var arguments: [String]
  var environment: [String: String]
  var version: String

  func run() throws(KubernetesError) -> Token {
    let output = Pipe()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command.contains("/") ? command : "/usr/bin/env")
    process.arguments = (command.contains("/") ? [] : [command]) + arguments
    let information = Value.record([
      "apiVersion": .string(version), "kind": "ExecCredential", "spec": .record(["interactive": false]),
    ])
    process.environment = environment.merging(["KUBERNETES_EXEC_INFO": information.jsonText()]) { $1 }
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch { throw .unauthorized("the exec plugin \(command) cannot be started: \(error)") }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw .unauthorized("the exec plugin \(command) exited with \(process.terminationStatus)")
    }
    return try token(String(decoding: data, as: UTF8.self))
  }

  private func token(_ text: String) throws(KubernetesError) -> Token {
    guard let status = (try? Value(json: text))?["status"], let token = status["token"]?.stringValue else {
      throw .unauthorized("the exec plugin \(command) printed no ExecCredential with a status.token")
    }
    let expires = status["expirationTimestamp"]?.stringValue.flatMap { try? Date($0, strategy: .iso8601) }
    return Token(text: token, expires: expires)
  }
}
