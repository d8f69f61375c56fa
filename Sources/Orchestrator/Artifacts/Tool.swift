import Foundation

/// A program of the machine that does one thing well: `tar`, `cp`, `unzip`.
enum Tool {
  /// Runs a program to its end, its standard output to a file where one is given.
  /// - Throws: with what it said when it exits with anything but 0, or is not there.
  static func run(
    _ arguments: [String], in folder: String? = nil, output: String? = nil
  ) throws(ArtifactError) {
    let errors = NSTemporaryDirectory() + "orchestrate-tool-\(UUID().uuidString)"
    defer { unlink(errors) }
    let status = try spawn(folder.map { ["env", "-C", $0] + arguments } ?? arguments, output ?? "/dev/null", errors)
    guard status != 0 else { return }
    let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
    let reason = text.split(separator: "\n").first.map(String.init) ?? "it exited with \(status)"
    throw ArtifactError(.invalid, "\(arguments[0]): \(reason)")
  }

  private static func spawn(
    _ arguments: [String], _ output: String, _ errors: String
  ) throws(ArtifactError) -> Int32 {
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, 1, output, O_CREAT | O_TRUNC | O_WRONLY, 0o644)
    posix_spawn_file_actions_addopen(&files, 2, errors, O_CREAT | O_TRUNC | O_WRONLY, 0o600)
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    var pid: pid_t = 0
    let result = posix_spawnp(&pid, arguments[0], &files, nil, &pointers, environ)
    guard result == 0 else {
      throw ArtifactError(.invalid, "cannot run '\(arguments[0])': \(String(cString: strerror(result)))")
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
  }
}
