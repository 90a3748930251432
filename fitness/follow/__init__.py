"""A reference to follow: how alike somebody's motion is to another one's, limb by limb."""
