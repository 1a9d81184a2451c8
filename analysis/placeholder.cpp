namespace kvern {}
