extension Schema {
  /// Artifacts and where they are kept (Argo Workflows v4.1).
  static let artifactTypes = """
    Artifact
      text: from fromExpression globalName name path subPath
      flag: archiveLogs deleted optional recurseMode
      integer: mode
      ArchiveStrategy: archive
      ArtifactGC: artifactGC
      ArtifactoryArtifact: artifactory
      AzureArtifact: azure
      GCSArtifact: gcs
      GitArtifact: git
      HDFSArtifact: hdfs
      HTTPArtifact: http
      OSSArtifact: oss
      PluginArtifact: plugin
      RawArtifact: raw
      S3Artifact: s3
    ArchiveStrategy
      NoneStrategy: none
      TarStrategy: tar
      ZipStrategy: zip
    ArtifactGC
      text: serviceAccountName strategy
      Metadata: podMetadata
    ArtifactLocation
      flag: archiveLogs
      ArtifactoryArtifact: artifactory
      AzureArtifact: azure
      GCSArtifact: gcs
      GitArtifact: git
      HDFSArtifact: hdfs
      HTTPArtifact: http
      OSSArtifact: oss
      PluginArtifact: plugin
      RawArtifact: raw
      S3Artifact: s3
    ArtifactPaths
      text: from fromExpression globalName name path subPath
      flag: archiveLogs deleted optional recurseMode
      integer: mode
      ArchiveStrategy: archive
      ArtifactGC: artifactGC
      ArtifactoryArtifact: artifactory
      AzureArtifact: azure
      GCSArtifact: gcs
      GitArtifact: git
      HDFSArtifact: hdfs
      HTTPArtifact: http
      OSSArtifact: oss
      PluginArtifact: plugin
      RawArtifact: raw
      S3Artifact: s3
    ArtifactRepositoryRef
      text: configMap key
    ArtifactoryArtifact
      text: url
      SecretKeySelector: passwordSecret usernameSecret
    AzureArtifact
      text: blob container endpoint
      flag: useSDKCreds
      SecretKeySelector: accountKeySecret
    BasicAuth
      SecretKeySelector: passwordSecret usernameSecret
    ClientCertAuth
      SecretKeySelector: clientCertSecret clientKeySecret
    CreateS3BucketOptions
      flag: objectLocking
    GCSArtifact
      text: bucket key
      SecretKeySelector: serviceAccountKeySecret
    GitArtifact
      text: branch repo revision
      flag: disableSubmodules insecureIgnoreHostKey insecureSkipTLS singleBranch
      integer: depth
      [text]: fetch
      SecretKeySelector: passwordSecret sshPrivateKeySecret usernameSecret
    HDFSArtifact
      text: dataTransferProtection hdfsUser krbRealm krbServicePrincipalName krbUsername
      text: path
      flag: force
      [text]: addresses
      ConfigMapKeySelector: krbConfigConfigMap
      SecretKeySelector: krbCCacheSecret krbKeytabSecret
    HTTPArtifact
      text: url
      flag: saveStreamViaFile
      HTTPAuth: auth
      [Header]: headers
    HTTPAuth
      BasicAuth: basicAuth
      ClientCertAuth: clientCert
      OAuth2Auth: oauth2
    Header
      text: name value
    NoneStrategy
    OAuth2Auth
      [text]: scopes
      [OAuth2EndpointParam]: endpointParams
      SecretKeySelector: clientIDSecret clientSecretSecret tokenURLSecret
    OAuth2EndpointParam
      text: key value
    OSSArtifact
      text: bucket endpoint key securityToken
      flag: createBucketIfNotPresent useSDKCreds
      OSSLifecycleRule: lifecycleRule
      SecretKeySelector: accessKeySecret secretKeySecret
    OSSLifecycleRule
      integer: markDeletionAfterDays markInfrequentAccessAfterDays
    PluginArtifact
      text: configuration key name
      integer: connectionTimeoutSeconds
    RawArtifact
      text: data
    S3Artifact
      text: addressingStyle bucket endpoint key region roleARN
      flag: insecure useSDKCreds
      CreateS3BucketOptions: createBucketIfNotPresent
      S3EncryptionOptions: encryptionOptions
      SecretKeySelector: accessKeySecret caSecret secretKeySecret sessionTokenSecret
    S3EncryptionOptions
      text: kmsEncryptionContext kmsKeyId
      flag: enableEncryption
      SecretKeySelector: serverSideCustomerKeySecret
    TarStrategy
      integer: compressionLevel
    WorkflowLevelArtifactGC
      text: podSpecPatch serviceAccountName strategy
      flag: forceFinalizerRemoval
      Metadata: podMetadata
    ZipStrategy
    """
}
