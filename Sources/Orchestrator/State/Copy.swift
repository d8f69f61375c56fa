import GRDB

extension StateFile {
  /// Writes a compact copy of the newest commit to a new file.
  public func copy(to path: String) throws(StateError) {
    do {
      try pool.vacuum(into: path)
    } catch {
      throw .failed(path: path, reason: describe(error))
    }
  }
}
