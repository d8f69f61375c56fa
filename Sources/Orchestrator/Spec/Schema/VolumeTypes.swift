extension Schema {
  /// Kubernetes: volumes and claims (Argo Workflows v4.1).
  static let volumeTypes = """
    Volume
      text: name
      AWSElasticBlockStoreVolumeSource: awsElasticBlockStore
      AzureDiskVolumeSource: azureDisk
      AzureFileVolumeSource: azureFile
      CSIVolumeSource: csi
      CephFSVolumeSource: cephfs
      CinderVolumeSource: cinder
      ConfigMapVolumeSource: configMap
      DownwardAPIVolumeSource: downwardAPI
      EmptyDirVolumeSource: emptyDir
      EphemeralVolumeSource: ephemeral
      FCVolumeSource: fc
      FlexVolumeSource: flexVolume
      FlockerVolumeSource: flocker
      GCEPersistentDiskVolumeSource: gcePersistentDisk
      GitRepoVolumeSource: gitRepo
      GlusterfsVolumeSource: glusterfs
      HostPathVolumeSource: hostPath
      ISCSIVolumeSource: iscsi
      ImageVolumeSource: image
      NFSVolumeSource: nfs
      PersistentVolumeClaimVolumeSource: persistentVolumeClaim
      PhotonPersistentDiskVolumeSource: photonPersistentDisk
      PortworxVolumeSource: portworxVolume
      ProjectedVolumeSource: projected
      QuobyteVolumeSource: quobyte
      RBDVolumeSource: rbd
      ScaleIOVolumeSource: scaleIO
      SecretVolumeSource: secret
      StorageOSVolumeSource: storageos
      VsphereVirtualDiskVolumeSource: vsphereVolume
    AWSElasticBlockStoreVolumeSource
      text: fsType volumeID
      flag: readOnly
      integer: partition
    AzureDiskVolumeSource
      text: cachingMode diskName diskURI fsType kind
      flag: readOnly
    AzureFileVolumeSource
      text: secretName shareName
      flag: readOnly
    CSIVolumeSource
      text: driver fsType
      flag: readOnly
      {text}: volumeAttributes
      LocalObjectReference: nodePublishSecretRef
    CephFSVolumeSource
      text: path secretFile user
      flag: readOnly
      [text]: monitors
      LocalObjectReference: secretRef
    CinderVolumeSource
      text: fsType volumeID
      flag: readOnly
      LocalObjectReference: secretRef
    ClusterTrustBundleProjection
      text: name path signerName
      flag: optional
      LabelSelector: labelSelector
    ConfigMapProjection
      text: name
      flag: optional
      [KeyToPath]: items
    ConfigMapVolumeSource
      text: name
      flag: optional
      integer: defaultMode
      [KeyToPath]: items
    DownwardAPIProjection
      [DownwardAPIVolumeFile]: items
    DownwardAPIVolumeFile
      text: path
      integer: mode
      ObjectFieldSelector: fieldRef
      ResourceFieldSelector: resourceFieldRef
    DownwardAPIVolumeSource
      integer: defaultMode
      [DownwardAPIVolumeFile]: items
    EmptyDirVolumeSource
      text: medium
      quantity: sizeLimit
    EphemeralVolumeSource
      PersistentVolumeClaimTemplate: volumeClaimTemplate
    FCVolumeSource
      text: fsType
      flag: readOnly
      integer: lun
      [text]: targetWWNs wwids
    FlexVolumeSource
      text: driver fsType
      flag: readOnly
      {text}: options
      LocalObjectReference: secretRef
    FlockerVolumeSource
      text: datasetName datasetUUID
    GCEPersistentDiskVolumeSource
      text: fsType pdName
      flag: readOnly
      integer: partition
    GitRepoVolumeSource
      text: directory repository revision
    GlusterfsVolumeSource
      text: endpoints path
      flag: readOnly
    HostPathVolumeSource
      text: path type
    ISCSIVolumeSource
      text: fsType initiatorName iqn iscsiInterface targetPortal
      flag: chapAuthDiscovery chapAuthSession readOnly
      integer: lun
      [text]: portals
      LocalObjectReference: secretRef
    ImageVolumeSource
      text: pullPolicy reference
    KeyToPath
      text: key path
      integer: mode
    ModifyVolumeStatus
      text: status targetVolumeAttributesClassName
    NFSVolumeSource
      text: path server
      flag: readOnly
    PersistentVolumeClaim
      text: apiVersion kind
      ObjectMeta: metadata
      PersistentVolumeClaimSpec: spec
      PersistentVolumeClaimStatus: status
    PersistentVolumeClaimCondition
      text: lastProbeTime lastTransitionTime message reason status type
    PersistentVolumeClaimSpec
      text: storageClassName volumeAttributesClassName volumeMode volumeName
      [text]: accessModes
      LabelSelector: selector
      TypedLocalObjectReference: dataSource
      TypedObjectReference: dataSourceRef
      VolumeResourceRequirements: resources
    PersistentVolumeClaimStatus
      text: currentVolumeAttributesClassName phase
      [text]: accessModes
      {text}: allocatedResourceStatuses
      ModifyVolumeStatus: modifyVolumeStatus
      [PersistentVolumeClaimCondition]: conditions
      {quantity}: allocatedResources capacity
    PersistentVolumeClaimTemplate
      ObjectMeta: metadata
      PersistentVolumeClaimSpec: spec
    PersistentVolumeClaimVolumeSource
      text: claimName
      flag: readOnly
    PhotonPersistentDiskVolumeSource
      text: fsType pdID
    PodCertificateProjection
      text: certificateChainPath credentialBundlePath keyPath keyType signerName
      integer: maxExpirationSeconds
      {text}: userAnnotations
    PortworxVolumeSource
      text: fsType volumeID
      flag: readOnly
    ProjectedVolumeSource
      integer: defaultMode
      [VolumeProjection]: sources
    QuobyteVolumeSource
      text: group registry tenant user volume
      flag: readOnly
    RBDVolumeSource
      text: fsType image keyring pool user
      flag: readOnly
      [text]: monitors
      LocalObjectReference: secretRef
    ScaleIOVolumeSource
      text: fsType gateway protectionDomain storageMode storagePool system volumeName
      flag: readOnly sslEnabled
      LocalObjectReference: secretRef
    SecretProjection
      text: name
      flag: optional
      [KeyToPath]: items
    SecretVolumeSource
      text: secretName
      flag: optional
      integer: defaultMode
      [KeyToPath]: items
    ServiceAccountTokenProjection
      text: audience path
      integer: expirationSeconds
    StorageOSVolumeSource
      text: fsType volumeName volumeNamespace
      flag: readOnly
      LocalObjectReference: secretRef
    TypedLocalObjectReference
      text: apiGroup kind name
    TypedObjectReference
      text: apiGroup kind name namespace
    VolumeProjection
      ClusterTrustBundleProjection: clusterTrustBundle
      ConfigMapProjection: configMap
      DownwardAPIProjection: downwardAPI
      PodCertificateProjection: podCertificate
      SecretProjection: secret
      ServiceAccountTokenProjection: serviceAccountToken
    VolumeResourceRequirements
      {quantity}: limits requests
    VsphereVirtualDiskVolumeSource
      text: fsType storagePolicyID storagePolicyName volumePath
    """
}
