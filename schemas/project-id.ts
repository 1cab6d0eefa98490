/** Ids of Google Cloud projects, as the service checks them. */

/** 6 to 30 characters; projects of old may have their domain before it. */
export const PROJECT_ID = /^([a-z][-a-z0-9.]*:)?[a-z][-a-z0-9]{4,28}[a-z0-9]$/;
