/// What images run when a template gives no command, as Argo's controller configuration has it under `images`.
public struct ImageEntrypoints: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public var entrypoint: [String]
    /// The arguments where a template gives none.
    public var cmd: [String]

    public init(entrypoint: [String], cmd: [String] = []) {
      self.entrypoint = entrypoint
      self.cmd = cmd
    }
  }

  public var entries: [String: Entry]

  public init(_ entries: [String: Entry] = [:]) { self.entries = entries }

  /// The entry of an image: by its full name, else without its digest, else without its tag.
  public subscript(image: String) -> Entry? {
    let undigested = image.prefix { $0 != "@" }
    let lastPart = undigested.lastIndex(of: "/").map { undigested[$0...] } ?? undigested
    let untagged = lastPart.lastIndex(of: ":").map { undigested[..<$0] } ?? undigested
    return entries[image] ?? entries[String(undigested)] ?? entries[String(untagged)]
  }
}

extension ProcessSettings {
  /// Shows a file or folder of this machine to every step at `target`.
  public mutating func share(_ source: String, at target: String) {
    mounts.append(StagedMount(source: source, target: target))
  }
}
